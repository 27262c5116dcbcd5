"""Which pairs are found, how sure they are, and what the rep is told; quality as the gates of bench/ hold it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.matching import find_matches
from app.domain.matching_blocks import Blocks
from app.domain.matching_names import (
    company_words,
    contradictions,
    first_and_last,
    name_words,
    plain,
    share_a_root,
    sound,
)
from app.domain.matching_people import MatchPerson, entry
from bench.febrl import Sample, febrl_3
from bench.matching_febrl import LEAST_F1, measure

# A crowd in which a name's rarity can be told.
CROWD = [
    MatchPerson(
        number,
        f"{start}{end}",
        f"{root}{stem}",
        companies=(f"{root} {end} Works",),
        domains=(f"{root}-{end}.example".lower(),),
        location=f"{stem}, Sweden",
    )
    for number, (start, end, root, stem) in enumerate(
        (
            (start, end, root, stem)
            for start in ("Ad", "Bel", "Cor", "Dun", "El")
            for end in ("ia", "mund", "rik", "va")
            for root in ("Quill", "Tinder", "Lantern", "Willow")
            for stem in ("mere", "stone")
        ),
        start=1,
    )
]
ADA = MatchPerson(
    9_001, "Wilhelmina", "Featherstone", companies=("Copper Works Ltd",), domains=("copperworks.example",)
)


def matches(one: MatchPerson, other: MatchPerson, crowd: Sequence[MatchPerson] = CROWD) -> float:
    """How sure the program is that two people in the crowd are one; 0 where it finds nothing in common."""
    found = find_matches([*crowd, one, replace(other, contact_id=one.contact_id + 1)], least_score=0.001)
    return next((pair.score for pair in found if pair.low_id == one.contact_id), 0.0)


@pytest.mark.parametrize(
    "other",
    [
        replace(ADA, first_name="Wilhelmna"),
        replace(ADA, last_name="Fetherstone"),
        replace(ADA, first_name="Mina"),
        replace(ADA, first_name="W."),
        replace(ADA, first_name="Featherstone", last_name="Wilhelmina"),
        replace(ADA, first_name="", last_name="", full_name="Featherstone, Wilhelmina"),
        replace(ADA, first_name="Dr. Wilhelmina Jane", domains=()),
        replace(ADA, companies=("COPPER WORKS GmbH & Co. KG",), domains=()),
        replace(ADA, companies=(), domains=("copperworks.example",)),
        replace(ADA, companies=("Lamp Ltd",), domains=("lamp.example",), past_companies=("Copper Works",)),
    ],
    ids=[
        "slip", "family name", "nickname", "initial", "swapped", "full name", "title and domain missing",
        "legal form", "domain only", "job change",
    ],
)  # fmt: skip
def test_one_human_is_proposed(other: MatchPerson) -> None:
    assert matches(ADA, other) > 0.7


@pytest.mark.parametrize(
    "other",
    [
        replace(ADA, first_name="Robert"),
        replace(ADA, last_name="Nebelstein"),
        replace(ADA, first_name="Robert", last_name="Nebelstein"),
    ],
    ids=["another first name", "another family name", "a colleague"],
)
def test_colleagues_come_behind_one_human(other: MatchPerson) -> None:
    switchboard = ("+442079460000",)
    assert matches(replace(ADA, phones=switchboard), replace(other, phones=switchboard)) < 0.75


@pytest.mark.parametrize("people", [0, 2, 4, 40])
def test_one_human_is_proposed_in_a_small_library_too(people: int) -> None:
    for other in (ADA, replace(ADA, first_name="Wilhelmna"), replace(ADA, first_name="Mina", domains=())):
        assert matches(ADA, other, CROWD[:people]) > 0.9
    for other in (replace(ADA, first_name="Robert"), replace(ADA, last_name="Nebelstein"), CROWD[-1]):
        assert matches(ADA, other, CROWD[:people]) < 0.35


def test_relatives_and_namesakes_at_one_company_are_no_bulk_merge_however_rare_the_name() -> None:
    crowd = [
        replace(person, contact_id=copy * 1_000 + person.contact_id, last_name=f"{person.last_name}{'abc'[copy]}")
        for person in CROWD
        for copy in range(3)
    ]
    people = [ADA, replace(ADA, contact_id=9_002), replace(ADA, contact_id=9_003, first_name="Robert"),
              replace(ADA, contact_id=9_004, last_name="Nebelstein")]  # fmt: skip
    score = {(pair.low_id, pair.high_id): pair.score for pair in find_matches([*crowd, *people], least_score=0.001)}
    assert score[9_001, 9_002] > 0.95
    assert score[9_001, 9_003] < 0.75
    assert score[9_001, 9_004] < 0.75


def test_names_alone_are_never_sure_enough_to_be_merged_in_bulk() -> None:
    nothing_else = replace(ADA, companies=(), domains=())
    assert 0.7 < matches(nothing_else, nothing_else) <= 0.9
    assert matches(ADA, ADA) > 0.9


def test_names_in_two_scripts_are_compared() -> None:
    olga = MatchPerson(9_001, "Ольга", "Облакинская", companies=("Copper Works",))
    assert matches(olga, MatchPerson(0, "Olga", "Oblakinskaya", companies=("Copper Works",))) > 0.9
    haneul = MatchPerson(9_001, "하늘", "달빛", companies=("Copper Works",), slugs=("haneul-dalbit-1f2e3d",))
    assert matches(haneul, MatchPerson(0, "Haneul", "Dalbit", companies=("Copper Works",))) > 0.9


def test_a_common_name_needs_more_than_a_rare_one() -> None:
    common = replace(ADA, first_name=CROWD[0].first_name, last_name=CROWD[0].last_name)

    def employed_elsewhere(person: MatchPerson) -> MatchPerson:
        return replace(person, companies=("Lamp Ltd",), domains=("lamp.example",))

    assert matches(ADA, employed_elsewhere(ADA)) > matches(common, employed_elsewhere(common))


def test_two_profiles_and_two_ids_of_one_account_speak_against() -> None:
    same = matches(ADA, ADA)
    slugs = matches(replace(ADA, slugs=("mina",)), replace(ADA, slugs=("w-featherstone",)))
    ids = matches(replace(ADA, ids=(("tamtam/", "1"),)), replace(ADA, ids=(("tamtam/", "2"),)))
    assert max(slugs, ids) < same


def test_a_number_that_many_share_says_little() -> None:
    mobile = replace(ADA, companies=(), domains=(), phones=("+447900000001",))
    alone = matches(mobile, mobile)
    shared = [replace(person, phones=mobile.phones) for person in CROWD]
    assert matches(mobile, mobile, shared) < alone


def test_the_reasons_are_told_in_words_what_weighs_most_first() -> None:
    pair = find_matches([*CROWD, ADA, replace(ADA, contact_id=9_002, first_name="Mina")])[0]
    assert (pair.low_id, pair.high_id) == (9_001, 9_002)
    told = {reason.field: reason.text for reason in pair.reasons}
    assert told["first_name"] == "First names are forms of one"
    assert told["last_name"].startswith("Same ")
    assert told["company_domain"] == "Same company"
    weights = [abs(reason.weight) for reason in pair.reasons]
    assert weights == sorted(weights, reverse=True)


def test_the_order_of_people_does_not_matter() -> None:
    people = [*CROWD[:100], ADA, replace(ADA, contact_id=9_002, first_name="Mina")]
    assert find_matches(people) == find_matches(people[::-1])


def test_only_pairs_with_a_changed_contact() -> None:
    twice = [replace(person, contact_id=person.contact_id + 1_000) for person in CROWD[:3]]
    people = [*CROWD, *twice, ADA, replace(ADA, contact_id=9_002)]
    found = find_matches(people, changed=[9_002])
    assert [(pair.low_id, pair.high_id) for pair in found] == [(9_001, 9_002)]


def test_progress_is_told_and_can_end_the_search() -> None:
    told: list[tuple[int, int]] = []
    find_matches([*CROWD, ADA], progress=lambda done, of: told.append((done, of)))
    assert told[0] == (0, len(CROWD) + 1)

    def stop(_done: int, _of: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        find_matches(CROWD, progress=stop)


@pytest.mark.parametrize("people", [[], [ADA], [MatchPerson(1), MatchPerson(2)], [MatchPerson(1, "Ada"), ADA]])
def test_few_people_or_nothing_known_of_them(people: list[MatchPerson]) -> None:
    assert find_matches(people) == []


def test_groups_stay_small_however_common_a_name_is() -> None:
    crowd = [entry(MatchPerson(number, "Ada", "Quillmere")) for number in range(2_000)]
    assert sum(1 for _ in Blocks(crowd).pairs()) == 0
    told_apart = [
        entry(MatchPerson(number, "Ada", "Quillmere", companies=(f"Works {number // 2}",))) for number in range(2_000)
    ]
    assert sum(1 for _ in Blocks(told_apart).pairs()) == 1_000


NAMES = st.text(alphabet=st.characters(categories=("L", "M", "N", "P", "Zs")), max_size=24)


@given(NAMES)
def test_comparable_forms_do_not_change_when_made_again(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert name_words(" ".join(name_words(text))) == name_words(text)
    assert company_words(" ".join(company_words(text))) == company_words(text)


@given(NAMES, NAMES, NAMES, NAMES)
def test_comparing_names_is_the_same_both_ways(first: str, last: str, other: str, another: str) -> None:
    mine, theirs = first_and_last(first, last, ""), first_and_last(other, another, "")
    assert contradictions(mine, theirs) == contradictions(theirs, mine)
    assert contradictions(mine, mine) == 0


@settings(max_examples=30)
@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=2, max_size=8))
def test_any_names_can_be_compared(names: list[tuple[str, str, str]]) -> None:
    people = [
        MatchPerson(number, first, last, companies=(company,), location=company)
        for number, (first, last, company) in enumerate(names, start=1)
    ]
    for pair in find_matches(people, least_score=0.0):
        assert pair.low_id < pair.high_id
        assert 0 <= pair.score <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Müller & Söhne GmbH & Co. KG", ("muller", "sohne")),
        ("S.A.", ("sa",)),
        ("The Copper Works, Inc.", ("copper", "works")),
    ],
)
def test_companies_without_their_legal_form(text: str, words: tuple[str, ...]) -> None:
    assert company_words(text) == words


def test_sounds_and_short_forms() -> None:
    assert sound("meyer") == sound("maier")
    assert sound("schmidt") == sound("shmit")
    assert share_a_root("bill", "william")
    assert share_a_root("alex", "alexander")
    assert not share_a_root("anna", "robert")


@pytest.fixture(scope="module")
def part_of_febrl() -> Sample:
    """A third of all humans, of the half that nobody looked at while the weights were set."""
    whole = febrl_3()
    human = {contact_id: number for contact_id, number in whole.human.items() if number % 2 and number % 3}
    return Sample([person for person in whole.people if person.contact_id in human], human)


def test_the_gate_of_febrl_3_holds(part_of_febrl: Sample) -> None:
    quality = measure(part_of_febrl, 1)
    assert quality.f1 >= LEAST_F1, quality
