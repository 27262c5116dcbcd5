import csv
from pathlib import Path

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import EnrichField, FieldResult
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.exchange.csv_reader import parse_people
from app.exchange.enriched import PersonResult, write_enrich_outcomes, write_enriched

FOUND = PersonResult(
    (FieldResult(EnrichField.EMAILS, Outcome.FOUND), FieldResult(EnrichField.PHONES, Outcome.NOT_FOUND, "None found.")),
    emails=(EmailValue("ada@lark.example", "DELIVERABLE"), EmailValue("a.lark@lark.example")),
    provider=Provider.TAMTAM,
    known={"job_title": "Head of Sales", "first_name": "Adelaide"},
)
MISSED = PersonResult((FieldResult(EnrichField.EMAILS, Outcome.NOT_FOUND, "None found."),), provider=Provider.TAMTAM)
REFUSED = PersonResult((FieldResult(EnrichField.EMAILS, Outcome.FAILED, "Missing company domain."),))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_input_columns_stay_in_order_and_the_found_values_follow(tmp_path: Path) -> None:
    table = parse_people("id,First Name,last_name,domain,id\n1,Ada,Lark,lark.example,x\n2,Bo,Finch,,y\n")
    target = tmp_path / "out.csv"
    assert write_enriched(target, table, {1: FOUND, 2: REFUSED}) == 2
    header = target.read_text("utf-8").splitlines()[0]
    assert header == (
        "id,First Name,last_name,domain,id,first_name,job_title,company_name,company_domain,email,phone,linkedin_url,"
        "location,provider,provider_id,email_verdict,emails,phones,outcome,reason"
    )
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:5] for row in rows[1:]] == [["1", "Ada", "Lark", "lark.example", "x"], ["2", "Bo", "Finch", "", "y"]]
    first, second = read(target)
    assert first["first_name"] == "Ada"
    assert first["job_title"] == "Head of Sales"
    assert first["company_domain"] == "lark.example"
    assert first["email"] == "ada@lark.example"
    assert first["email_verdict"] == "DELIVERABLE"
    assert first["emails"] == "ada@lark.example; a.lark@lark.example"
    assert first["phones"] == ""
    assert first["outcome"] == "partial"
    assert first["reason"] == "phones: None found."
    assert first["provider"] == "tamtam"
    assert (second["outcome"], second["reason"], second["provider"]) == ("failed", "Missing company domain.", "")


def test_columns_of_the_same_name_keep_their_value_unless_something_better_was_found(tmp_path: Path) -> None:
    table = parse_people(
        "first_name,last_name,domain,email,phone,job_title,outcome\n"
        "Ada,Lark,lark.example,old@lark.example,+49301234567,,found\n"
        "Bo,Finch,finch.example,bo@finch.example,,Buyer,found\n"
    )
    target = tmp_path / "out.csv"
    write_enriched(target, table, {1: FOUND, 2: MISSED})
    first, second = read(target)
    assert (first["email"], first["phone"], first["job_title"]) == (
        "ada@lark.example",
        "+49301234567",
        "Head of Sales",
    )
    assert (second["email"], second["job_title"]) == ("bo@finch.example", "Buyer")
    assert [first["outcome"], second["outcome"]] == ["partial", "not_found"]


def test_two_columns_of_one_name_both_come_back(tmp_path: Path) -> None:
    table = parse_people("email,first_name,last_name,domain,email\n,Ada,Lark,lark.example,second\n")
    target = tmp_path / "out.csv"
    write_enriched(target, table, {1: FOUND})
    with target.open(encoding="utf-8", newline="") as file:
        row = list(csv.reader(file))[1]
    assert row[:5] == ["ada@lark.example", "Ada", "Lark", "lark.example", "second"]


def test_several_phones_are_all_written(tmp_path: Path) -> None:
    table = parse_people("first_name,last_name,domain\nAda,Lark,lark.example\n")
    result = PersonResult(
        (FieldResult(EnrichField.PHONES, Outcome.FOUND),), phones=(PhoneValue("+49151"), PhoneValue("030 1"))
    )
    target = tmp_path / "out.csv"
    write_enriched(target, table, {1: result})
    assert read(target)[0]["phones"] == "'+49151; 030 1"


def test_one_outcome_line_per_row_and_field(tmp_path: Path) -> None:
    target = tmp_path / "outcomes.csv"
    assert write_enrich_outcomes(target, {2: MISSED, 1: FOUND}) == 3
    assert [tuple(row.values()) for row in read(target)] == [
        ("1", "emails", "found", ""),
        ("1", "phones", "not_found", "None found."),
        ("2", "emails", "not_found", "None found."),
    ]


def test_an_equal_reason_for_all_fields_is_said_once() -> None:
    result = PersonResult(tuple(FieldResult(field, Outcome.UNKNOWN, "No answer was seen.") for field in EnrichField))
    assert result.reason == "No answer was seen."
    assert PersonResult(()).reason == ""


def test_the_company_domain_is_bare_however_the_input_wrote_it(tmp_path: Path) -> None:
    text = "first_name,last_name,domain\nAda,Lark,https://www.Lark.example/team\nBo,Finch,no domain\n"
    target = tmp_path / "out.csv"
    write_enriched(target, parse_people(text), {1: FOUND, 2: REFUSED})
    first, second = read(target)
    assert (first["domain"], first["company_domain"]) == ("https://www.Lark.example/team", "lark.example")
    assert second["company_domain"] == "no domain"
