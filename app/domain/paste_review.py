"""A paste with the rep's answers to its questions: what is to be fetched, and where every piece has gone.

Answers are kept by the text of a piece, so that they hold for all pieces that look alike and outlive an edit elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from app.domain.identifiers import IdKind
from app.domain.paste import Paste, QuestionedId
from app.domain.provider import Provider

LEAVE_OUT = -1

#: Text of a doubtful piece → which of its readings (counted from 0) is used, or `LEAVE_OUT`.
Answers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Review:
    """A paste under its answers.

    Attributes:
        paste: What was pasted, as read.
        taken: The same with the IDs of answered questions among its integers, and only open questions left.
        used: Doubtful pieces that are used as IDs.
        left_out: Doubtful pieces that are left out.
    """

    paste: Paste
    taken: Paste
    used: int = 0
    left_out: int = 0

    @property
    def questions(self) -> tuple[QuestionedId, ...]:
        """The doubtful pieces without an answer."""
        return self.taken.questioned

    def parts(self) -> dict[str, int]:
        """Each kind of piece with how many there are, by its noun; together they are all that was pasted."""
        paste = self.paste
        return {
            "UUID": len(paste.uuids),
            "whole number": len(paste.integers),
            "LinkedIn page": len(paste.people),
            "e-mail": len(paste.emails),
            "question": len(self.questions),
            "answered question": self.used + self.left_out,
            "duplicate": paste.duplicates,
            "unreadable": len(paste.unreadable),
        }

    def ids_for(self, provider: Provider, kind: IdKind) -> tuple[str, ...]:
        """The distinct IDs to ask a service for."""
        return self.taken.ids_for(provider, kind)


def review(paste: Paste, answers: Answers) -> Review:
    """Apply answers; those for pieces that are not there, and readings that are not offered, change nothing."""
    if not answers or not paste.questioned:
        return Review(paste, paste)
    used, left_out, still_open = [], 0, []
    for question in paste.questioned:
        answer = answers.get(question.text)
        if answer == LEAVE_OUT:
            left_out += 1
        elif answer is not None and 0 <= answer < len(question.readings):
            used.append(question.readings[answer])
        else:
            still_open.append(question)
    integers = tuple(dict.fromkeys(_each(paste.integers, used)))
    taken = replace(paste, integers=integers, questioned=tuple(still_open))
    return Review(paste, taken, len(used), left_out)


def _each(integers: tuple[str, ...], used: list[tuple[str, ...]]) -> Iterator[str]:
    return chain(integers, chain.from_iterable(used))
