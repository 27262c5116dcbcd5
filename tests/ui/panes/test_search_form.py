import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec
from app.providers.registry import service_class
from app.ui.panes.search_form import SearchForm

pytestmark = pytest.mark.gui

SPECS = (
    FilterSpec("query", "Person", FilterKind.TEXT, "Name or URL."),
    FilterSpec("positions", "Job titles", FilterKind.TEXT_LIST, "Titles."),
    FilterSpec(
        "status", "Relationship", FilterKind.CHOICE, "State.", (Choice("any", "Any"), Choice("yes", "Connected"))
    ),
    FilterSpec("affiliation", "Affiliation", FilterKind.CHOICE, "Code.", (Choice("e", "Employee"),), open_choices=True),
    FilterSpec(
        "departments", "Departments", FilterKind.CHOICE_LIST, "Codes.", (Choice("it", "IT"), Choice("hr", "HR"))
    ),
    FilterSpec(
        "account_id", "Account", FilterKind.CHOICE, "Whose.", choice_source=ChoiceSource.ACCOUNTS, required=True
    ),
)


@pytest.fixture
def form(qtbot: QtBot) -> SearchForm:
    widget = SearchForm(SPECS)
    qtbot.addWidget(widget)
    return widget


def combo(form: SearchForm, name: str) -> QComboBox:
    control = form.control(name)
    assert isinstance(control, QComboBox)
    return control


def visible_texts(form: SearchForm) -> list[str]:
    return [label.text() for label in form.findChildren(QLabel) if not label.isHidden()]


def test_nothing_is_given_until_the_rep_gives_it(form: SearchForm) -> None:
    assert form.values() == {}
    assert [combo(form, "status").itemText(n) for n in range(2)] == ["Any", "Connected"]


def test_values_come_back_as_they_were_set(form: SearchForm) -> None:
    given = {
        "query": ("Ada",),
        "positions": ("VP, Sales", "Owner"),
        "status": ("yes",),
        "affiliation": ("freelancer",),
        "departments": ("it", "legal"),
        "account_id": ("a-9",),
    }
    form.set_values(given)
    assert form.values() == given
    form.set_values({"query": ("Berit",)})
    assert form.values() == {"query": ("Berit",)}


def test_an_open_choice_takes_words_or_what_is_typed(form: SearchForm) -> None:
    combo(form, "affiliation").setEditText("employee")
    assert form.values() == {"affiliation": ("e",)}
    combo(form, "affiliation").setEditText("contractor")
    assert form.values() == {"affiliation": ("contractor",)}


def test_required_filters_stand_first_and_say_so(form: SearchForm) -> None:
    assert form.specs[0].name == "account_id"
    assert "Account (required)" in visible_texts(form)


def test_choices_of_the_service_keep_what_is_chosen(form: SearchForm) -> None:
    form.show_loading("account_id")
    assert "Loading…" in visible_texts(form)
    form.show_choices("account_id", [Choice("1", "North"), Choice("2", "South")])
    assert form.values() == {}, "with several accounts the rep chooses"
    combo(form, "account_id").setCurrentIndex(2)
    form.show_choices("account_id", [Choice("2", "South"), Choice("3", "East")])
    assert form.values() == {"account_id": ("2",)}


def test_the_only_account_is_chosen_at_once(form: SearchForm) -> None:
    changes: list[bool] = []
    form.account_changed.connect(lambda: changes.append(True))
    form.show_choices("account_id", [Choice("1", "North")])
    assert form.values() == {"account_id": ("1",)}
    assert changes


def test_why_choices_are_missing_is_said_beside_the_field(form: SearchForm) -> None:
    form.show_choices_error("account_id", "The service cannot be reached.")
    assert "The service cannot be reached." in visible_texts(form)
    form.show_choices("account_id", [])
    assert "Account: the service names none." in visible_texts(form)
    asked: list[str] = []
    form.choices_wanted.connect(asked.append)
    refresh = next(b for b in form.findChildren(QToolButton) if b.accessibleName() == "Refresh Account")
    QTest.mouseClick(refresh, Qt.MouseButton.LeftButton)
    assert asked == ["account_id"]


def test_enter_submits_and_clear_keeps_the_account(form: SearchForm) -> None:
    submitted: list[bool] = []
    form.submitted.connect(lambda: submitted.append(True))
    form.show_choices("account_id", [Choice("1", "North")])
    person = form.control("query")
    assert isinstance(person, QLineEdit)
    QTest.keyClicks(person, "Ada")
    QTest.keyClick(person, Qt.Key.Key_Return)
    assert submitted == [True]
    form.clear()
    assert form.values() == {"account_id": ("1",)}


@pytest.mark.parametrize("provider", [Provider.TALKTOHUMANS, Provider.LEADFEEDER])
def test_every_documented_filter_has_a_named_control_with_help(provider: Provider, qtbot: QtBot) -> None:
    specs = service_class(provider).filters
    form = SearchForm(specs)
    qtbot.addWidget(form)
    for spec in specs:
        control = form.control(spec.name)
        focused = control.focusProxy() or control
        spoken = focused.accessibleName()
        assert spec.label in spoken
        assert spec.name in control.toolTip()
