"""The FEBRL data sets as people of the program, with the truth about who is who.

Mapped as honestly as they can be: `given_name` and `surname` are the names, the address is what the program knows as
the location. Date of birth and social security number have no counterpart in the program and are left out, though they
would make it easy. There is no company, e-mail address, phone or profile in the data.
"""

import csv
from pathlib import Path
from typing import NamedTuple

from app.domain.matching_people import MatchPerson
from bench.quality import Pair, pairs_within

FOLDER = Path(__file__).parent / "data" / "febrl"


class Sample(NamedTuple):
    """People, and for each of them (by contact id) the human they are."""

    people: list[MatchPerson]
    human: dict[int, int]

    def true_pairs(self) -> set[Pair]:
        """All pairs of entries that are one human."""
        return pairs_within(self.human.items())


def febrl_3() -> Sample:
    """5,000 entries of 2,000 people, up to six of one."""
    return _sample("dataset3.csv")


def febrl_4() -> Sample:
    """Two files of 5,000 entries each; everybody in the first is in the second too, once."""
    return _sample("dataset4a.csv", "dataset4b.csv")


def _sample(*names: str) -> Sample:
    people: list[MatchPerson] = []
    human: dict[int, int] = {}
    for name in names:
        with (FOLDER / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, skipinitialspace=True):
                contact_id = len(people) + 1
                street = f"{row['street_number']} {row['address_1']}".strip()
                parts = (street, row["address_2"], row["suburb"], row["postcode"], row["state"])
                people.append(
                    MatchPerson(
                        contact_id=contact_id,
                        first_name=row["given_name"],
                        last_name=row["surname"],
                        location=", ".join(filter(None, parts)),
                        country="AU",
                    )
                )
                human[contact_id] = int(row["rec_id"].split("-")[1])
    return Sample(people, human)
