import pytest

from app.domain.contact import EmailValue, PersonFields


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (PersonFields(first_name="Ada", last_name="Lark", full_name="Dr Ada Lark"), "Ada Lark"),
        (PersonFields(last_name="Lark"), "Lark"),
        (PersonFields(full_name="Ada Lark"), "Ada Lark"),
        (PersonFields(company_name="Lark Tools", emails=(EmailValue("info@lark.example"),)), "Lark Tools"),
        (PersonFields(emails=(EmailValue("info@lark.example"),)), "info@lark.example"),
        (PersonFields(), ""),
    ],
)
def test_everybody_is_shown_by_the_best_name_there_is(fields: PersonFields, name: str) -> None:
    assert fields.display_name == name
