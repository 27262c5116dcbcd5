"""How sure it is that two people are one: evidence for and against, in bits, with its words."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import log2

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from app.domain.matching_evidence import Evidence
from app.domain.matching_names import Name, are_comparable, share_a_root, sound
from app.domain.matching_people import Entry, host_of
from app.domain.matching_places import Places

_near: Callable[..., float] = JaroWinkler.similarity
_typos: Callable[..., int] = DamerauLevenshtein.distance


# In a small library every name looks common: so many people are thought of beside it.
_BACKGROUND = 500

# First and family name tell of one language both, which counts once.
_LANGUAGE = 2.0

# Relatives often work together, and colleagues share a first name: what one company says then, at most.
_RELATIVES = 5.0


class Scorer:
    """Weighs pairs of the people it was made with: how rare a value is among them decides what agreeing in it says."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._people = max(len(entries), 2)
        self._firsts = Counter(word for entry in entries for word in entry.firsts)
        self._lasts = Counter(word for entry in entries for word in entry.lasts)
        self._companies = Counter(name for entry in entries for name in entry.companies)
        self._domains = Counter(name for entry in entries for name in entry.domains)
        self._handles = Counter(name for entry in entries for name in entry.handles)
        self._places = Places(entries)
        self._emails = Counter(email for entry in entries for email in entry.emails)
        named: dict[str, set[str]] = {}
        for entry in entries:
            for phone in entry.phones:
                named.setdefault(phone, set()).add(entry.last)
        self._phones = {phone: len(names) for phone, names in named.items()}
        self._lasts_of = _partners((entry.first, entry.last) for entry in entries)
        self._firsts_of = _partners((entry.last, entry.first) for entry in entries)

    def evidence(self, one: Entry, other: Entry, floor: float = 0.0) -> list[Evidence]:
        """Everything that speaks for and against two people being one; empty where it cannot come to `floor` bits."""
        found = self._names(one, other)
        named = sum(item.bits for item in found)
        if named + _hope(one, other, named) < floor:
            return []
        plainly_two = not found or any(item.bits <= -5 for item in found)
        self._keys(one, other, found.append, plainly_two=plainly_two)
        employed = self._company(one, other, found.append, most=_RELATIVES if plainly_two else 10.0)
        if where := self._places.evidence(one, other, colleagues=employed):
            found.append(where)
        if one.title and other.title:
            common = len(one.title & other.title) / min(len(one.title), len(other.title))
            if common >= 0.5:
                found.append(
                    Evidence("job_title", "Same job title" if common == 1 else "Similar job titles", 1.5 * common)
                )
        return found

    def _bits(self, count: int, most: float, agree: float = 0.9, *, beside: int = 0) -> float:
        return max(0.5, min(most, log2(agree * (self._people + beside) / max(count, 1))))

    def _name_bits(self, count: int, most: float) -> float:
        return self._bits(count, most, beside=_BACKGROUND)

    def _names(self, one: Entry, other: Entry) -> list[Evidence]:
        mine, theirs = one.name, other.name
        if one.is_latin is not other.is_latin:
            # Written in two scripts: only what a profile or an address says can be compared.
            mine, theirs = one.latin or mine, other.latin or theirs
            if not are_comparable(mine, theirs):
                return []
        straight = [
            self._name("first_name", mine[0], theirs[0], self._firsts, 10.0),
            self._name("last_name", mine[1], theirs[1], self._lasts, 13.0),
        ]
        bits = sum(item.bits for item in straight)
        if bits < 8 and all((*mine, *theirs)) and _may_be_swapped(mine, theirs):
            swapped = [
                self._name("first_name", mine[0], theirs[1], self._lasts, 10.0),
                self._name("last_name", mine[1], theirs[0], self._firsts, 13.0),
            ]
            cross = sum(item.bits for item in swapped) - 2.0
            if cross > bits and max(item.bits for item in swapped) > 4:
                both = all(item.bits > 0 for item in swapped)
                text = "First and last name swapped" if both else "One's first name is the other's last name"
                return [Evidence("last_name", text, cross)]
        if any(item.bits <= -5 for item in straight):
            # Relatives and namesakes: what they share is no rarer than it is here.
            rarity = log2((self._people + _BACKGROUND) / self._people)
            straight = [
                item._replace(bits=max(0.5, item.bits - rarity)) if item.bits > 0 else item for item in straight
            ]
        if all(item.bits > 0 for item in straight):
            straight = self._go_together(one, straight)
        return [item for item in straight if item.bits]

    def _go_together(self, one: Entry, names: list[Evidence]) -> list[Evidence]:
        """First names that come with a few family names only say less: both tell of one language, say."""
        first, last = names
        last = last._replace(bits=max(0.5, last.bits - _LANGUAGE))
        most_last = self._lasts_of.get(one.first, last.bits)
        most_first = self._firsts_of.get(one.last, first.bits)
        if first.bits + min(last.bits, most_last) <= last.bits + min(first.bits, most_first):
            return [first, last._replace(bits=min(last.bits, most_last))]
        return [first._replace(bits=min(first.bits, most_first)), last]

    def _name(
        self, field: str, mine: tuple[str, ...], theirs: tuple[str, ...], counts: Counter[str], most: float
    ) -> Evidence:
        if not mine or not theirs:
            return Evidence(field, "", 0.0)
        called = "first name" if field == "first_name" else "last name"
        one, other = "".join(mine), "".join(theirs)
        if one == other:
            count = min(counts[word] for word in mine)
            bits = self._name_bits(count, most)
            rare = bits >= most - 2 and self._people >= 500
            return Evidence(field, f"Same {'rare ' if rare else ''}{called}", bits)
        common = set(mine) & set(theirs)
        if common and max(map(len, common)) > 1:
            bits = self._name_bits(min(counts[word] for word in common), most) * 0.75
            return Evidence(field, f"One {called} is part of the other", bits)
        first, second = mine[0], theirs[0]
        if field == "first_name":
            if share_a_root(first, second):
                bits = self._name_bits(max(counts[first], counts[second]), most) * 0.75
                return Evidence(field, "First names are forms of one", bits)
            if first[0] == second[0] and 1 in (len(first), len(second)):
                return Evidence(field, "First name fits the initial", 2.5)
        near = _near(one, other)
        count = max(max(counts[word] for word in mine), max(counts[word] for word in theirs))
        if near >= 0.92 or (len(one) > 3 and len(other) > 3 and _typos(one, other, score_cutoff=1) <= 1):
            return Evidence(field, f"{called.capitalize()}s differ by a slip", self._name_bits(count, most) * 0.7)
        if near >= 0.85 or (near >= 0.75 and sound(one) == sound(other)):
            return Evidence(field, f"Similar {called}s", self._name_bits(count, most) * 0.4)
        if near >= 0.78:
            return Evidence(field, f"Somewhat similar {called}s", -1.5)
        return Evidence(field, f"Different {called}s", -6.0 if field == "first_name" else -5.0)

    def _keys(self, one: Entry, other: Entry, add: Callable[[Evidence], None], *, plainly_two: bool) -> None:
        if common := one.emails & other.emails:
            count = min(self._emails[email] for email in common)
            add(Evidence("emails", "Same e-mail address", self._bits(count, 14.0)))
        elif one.emails and other.emails:
            self._other_emails(one, other, add)
        if common := one.phones & other.phones:
            names = min(self._phones[phone] for phone in common)
            if names <= 2 and not plainly_two:
                add(Evidence("phones", "Same phone number", self._bits(2, 11.0, 0.6)))
            else:
                add(Evidence("phones", "Same phone number, which others may share", 1.0))
        elif one.phones and other.phones:
            add(Evidence("phones", "Different phone numbers", -0.7))
        if one.slugs & other.slugs:
            add(Evidence("linkedin_url", "Same LinkedIn profile", 14.0))
        elif one.slugs and other.slugs:
            alike = bool(one.stems & other.stems)
            add(Evidence("linkedin_url", "Different LinkedIn profiles", -4.0 if alike else -7.0))
        for scope in one.ids.keys() & other.ids.keys():
            if one.ids[scope] & other.ids[scope]:
                add(Evidence("provider_id", "Same ID at a provider", 16.0))
            else:
                add(Evidence("provider_id", "Two IDs at one provider", -8.0))

    def _other_emails(self, one: Entry, other: Entry, add: Callable[[Evidence], None]) -> None:
        if common := one.handles & other.handles:
            count = min(self._handles[handle] for handle in common)
            if all(_made_of_name(handle, one) for handle in common):
                add(Evidence("emails", "E-mail addresses of one form", 0.8))
            else:
                add(Evidence("emails", "E-mail addresses begin alike", self._bits(count, 7.0)))
            return
        hosts = {host_of(email) for email in one.emails} & {host_of(email) for email in other.emails} - {""}
        if hosts:
            typed = any(_typos(mine, theirs, score_cutoff=1) <= 1 for mine in one.emails for theirs in other.emails)
            if typed:
                add(Evidence("emails", "E-mail addresses differ by a slip", 3.0))
            else:
                add(Evidence("emails", "Two e-mail addresses at one company", -2.5))

    def _company(self, one: Entry, other: Entry, add: Callable[[Evidence], None], *, most: float) -> bool:
        """Whether they work for one company, which adds so many bits at most."""
        if common := one.domains & other.domains:
            count = min(self._domains[domain] for domain in common)
            add(Evidence("company_domain", "Same company", self._bits(count, most)))
            return True
        if common := one.companies & other.companies:
            count = min(self._companies[name] for name in common)
            add(Evidence("company_name", "Same company name", self._bits(count, min(most, 9.0))))
            return True
        if not (one.companies and other.companies):
            return False
        if common := (one.companies & other.past) | (one.past & other.companies):
            count = min(max(self._companies[name], 1) for name in common)
            add(Evidence("company_name", "Company of an earlier job", self._bits(count, min(most, 8.0)) * 0.8))
            return False
        likeness, name, same = max(
            (_near(mine, theirs), mine, theirs) for mine in one.companies for theirs in other.companies
        )
        if likeness >= 0.93:
            count = max(self._companies[name], self._companies[same])
            add(Evidence("company_name", "Similar company names", self._bits(count, min(most, 9.0)) * 0.6))
            return True
        add(Evidence("company_name", "Different companies", -3.0))
        return False


def _may_be_swapped(mine: Name, theirs: Name) -> bool:
    """A quick look that spares most pairs the slow one: a slip seldom hits the first letter."""
    return mine[0][0][0] == theirs[1][0][0] or mine[1][0][0] == theirs[0][0][0]


def _hope(one: Entry, other: Entry, named: float) -> float:
    """What the evidence apart from the names could come to at most."""
    hope = 2.0 if one.where.isdisjoint(other.where) else 16.0
    keys = ((one.emails, other.emails), (one.phones, other.phones), (one.slugs, other.slugs))
    for mine, theirs in keys:
        if mine and theirs and not mine.isdisjoint(theirs):
            hope += 14.0
    if named < -3 and hope <= 16.0:
        # Neither one company nor one place makes two different names one person.
        return -100.0
    if not (one.domains.isdisjoint(other.domains) and one.companies.isdisjoint(other.companies)):
        hope += 10.0
    elif one.companies and other.companies:
        hope += 6.0
    if one.handles and other.handles:
        hope += 7.0
    return hope


def _made_of_name(handle: str, entry: Entry) -> bool:
    """Whether what an address begins with says no more than the name: it is made of its parts, or cannot be told."""
    first, last = entry.first.replace(" ", ""), entry.last.replace(" ", "")
    if not (first.isascii() and last.isascii()):
        return True
    return (len(last) > 2 and last in handle) or handle in (first, first + last, first + last[:1], last[:1] + first)


def _partners(names: Iterable[tuple[str, str]]) -> dict[str, float]:
    """How much the second of two names can say beside the first, in bits, where that is known to be little.

    A name that is often met, and with few others only, tells nearly everything. Entries of one human twice do not make
    a name such a one: it takes more repetition than that.
    """
    partners: dict[str, Counter[str]] = {}
    for name, other in names:
        if name and other:
            partners.setdefault(name, Counter())[other] += 1
    return {
        name: log2(len(found)) + 1
        for name, found in partners.items()
        if (total := found.total()) >= 8 and len(found) < 0.3 * total
    }
