"""One way to fold text for searching: case, accents and the spelling of letters do not matter, in any script."""

import unicodedata


def fold(text: str) -> str:
    """Text as it is searched: no case, no accents, letters and digits in their plainest form.

    "Å" is "a", "ß" is "ss", "ё" is "е", "Ｔ" is "t", "٣" is "3". Folding what is folded changes nothing. There is
    nothing in the result that SQLite could stumble over: no NUL, no half of a surrogate pair.
    """
    if text.isascii():
        return text.casefold() if text.isprintable() else text.casefold().translate(_CONTROLS)
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    return plain.translate(_LETTERS).casefold()


def words(text: str) -> list[str]:
    """The words of a filter as they are searched, each once."""
    return list(dict.fromkeys(fold(text).split()))


# Letters that Unicode does not take apart, though people type them without their strokes and dots. The Arabic
# tatweel only stretches a word.
_PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ŋ": "n",
    "\u0640": "",
}  # fmt: skip
_CONTROLS = dict.fromkeys((*range(32), 127), " ")


class _Letters(dict[int, str]):
    """What each letter becomes, found out when it is first met."""

    def __missing__(self, number: int) -> str:
        char = chr(number)
        kind = unicodedata.category(char)
        if kind in ("Mn", "Cf", "Cs") or unicodedata.combining(char):
            plain = ""
        elif kind in ("Cc", "Zs", "Zl", "Zp"):
            plain = " "
        elif kind == "Nd":
            plain = str(unicodedata.digit(char))
        else:
            plain = _PLAIN.get(char, char)
        self[number] = plain
        return plain


_LETTERS = _Letters()
