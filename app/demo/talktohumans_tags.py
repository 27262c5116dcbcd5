"""TalkToHumans' tags: the change that a request asks for, and the tags that were changed so far."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.demo.dataset import Person
from app.demo.profiles import Relation
from app.demo.text import fold


@dataclass(frozen=True, slots=True)
class TagChange:
    """What to put on and what to take off, by name, in one account."""

    account_id: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


class TagBook:
    """The tags of relations that were changed. `revision` grows with every change."""

    def __init__(self) -> None:
        self.revision = 0
        self._tags: dict[tuple[int, int], tuple[str, ...]] = {}

    def relation(self, person: Person, account: int) -> Relation:
        """A person in an account's network, with the tags of today."""
        return Relation(person, account, self._tags.get((person.index, account)))

    def change(self, relation: Relation, change: TagChange) -> Relation:
        """Carry a change out: case does not tell two tags apart, and an absent one can be taken off."""
        tags = {fold(tag): tag for tag in relation.tags}
        for name in change.remove:
            tags.pop(fold(name), None)
        for name in change.add:
            tags.setdefault(fold(name), name)
        self._tags[relation.person.index, relation.account] = tuple(sorted(tags.values()))
        self.revision += 1
        return self.relation(relation.person, relation.account)


def read_change(body: object, refuse: Callable[[str], Exception]) -> TagChange:
    """The change in a request's body; raises what `refuse` makes of a sentence when it is none."""
    if not isinstance(body, dict):
        raise refuse("The body must be an object.")
    _only(body, ("account_id", "tags"), refuse)
    account_id = body.get("account_id")
    if not isinstance(account_id, str) or not account_id:
        raise refuse("account_id is required and must be a string.")
    tags = body.get("tags")
    if not isinstance(tags, dict):
        raise refuse("tags must be an object.")
    _only(tags, ("add", "remove"), refuse)
    adding, removing = tags.get("add", []), tags.get("remove", [])
    if not isinstance(adding, list) or not isinstance(removing, list):
        raise refuse("tags.add and tags.remove must be arrays.")
    for entry in adding:
        if not isinstance(entry, dict) or not _is_text(entry.get("name")):
            raise refuse("tags.add must hold objects with a name.")
        _only(entry, ("name", "color"), refuse)
        if "color" in entry and not _is_text(entry["color"]):
            raise refuse("color must be a string.")
    if not all(map(_is_text, removing)):
        raise refuse("tags.remove must hold names.")
    if not adding and not removing:
        raise refuse("There is nothing to change.")
    return TagChange(account_id, tuple(entry["name"].strip() for entry in adding), tuple(removing))


def _only(value: Mapping[str, object], known: Sequence[str], refuse: Callable[[str], Exception]) -> None:
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise refuse(f"Unknown member {', '.join(unknown)}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
