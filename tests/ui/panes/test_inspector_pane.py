from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QScrollArea, QToolButton, QWidget

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.contact import (
    ContactDetails,
    ContactEvent,
    Education,
    Experience,
    FieldValue,
    PersonFields,
    RecordKind,
    SourceRecord,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.panes.inspector_pane import InspectorPane
from app.ui.panes.inspector_words import Costs, age_text, full_provenance, provenance
from app.ui.widgets.selectable_text import SelectableText
from tests.support.rows import make_row
from tests.support.widgets import press_text
from tests.support.windows import standing_alone

if TYPE_CHECKING:
    from app.composition import Services

pytestmark = pytest.mark.gui

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def said(name: str, value: str, provider: Provider, *, days: int, shown: bool = False, verdict: str = "") -> FieldValue:
    kind = RecordKind.ENRICHMENT if provider is Provider.TAMTAM else RecordKind.FULL
    return FieldValue(name, value, provider, kind, datetime.now(UTC) - days * DAY, verification=verdict, shown=shown)


def ada() -> ContactDetails:
    fields = PersonFields(
        about="Sells <b>cold</b> rooms.",
        experiences=(Experience("Head of Sales", "Fjordwerk", "Bergen", "2021", is_current=True),),
        educations=(Education("NTNU", "MSc", "Physics", "2010", "2015"),),
    )
    values = (
        said("email", "ada@fjordwerk.example", Provider.TAMTAM, days=3, shown=True, verdict="HIGH_PROBABILITY"),
        said("email", "a.norling@old.example", Provider.LEADFEEDER, days=400),
        said("location", "Bergen", Provider.LEADFEEDER, days=1),
        said("location", "Bergen", Provider.TALKTOHUMANS, days=0, shown=True),
        said("linkedin_url", "https://www.linkedin.com/in/ada-demo", Provider.TALKTOHUMANS, days=0, shown=True),
        said("company_website", "javascript:alert(1)", Provider.LEADFEEDER, days=1, shown=True),
    )
    records = (
        SourceRecord(
            Provider.TAMTAM, "k-1", RecordKind.ENRICHMENT, datetime.now(UTC), fields, b"{}", credits_charged=1
        ),
    )
    row = make_row(1, display_name="Ada Norling", email_outcome=Outcome.FOUND, phone_outcome=Outcome.UNKNOWN)
    history = (ContactEvent(datetime.now(UTC), "Emails bought.", Provider.TAMTAM),)
    return ContactDetails(row, fields, values, records, history)


class Shelf:
    """A library with what a test puts on it."""

    def __init__(self) -> None:
        self.shelf = {1: ada(), 2: replace(ada(), row=make_row(2, display_name="Berit Okafor"))}

    async def details(self, contact_id: int) -> ContactDetails:
        if contact_id not in self.shelf:
            raise LibraryError("This contact is not in the library.")
        return self.shelf[contact_id]


def shown(shelf: Shelf, feed: ChangeFeed) -> AbstractAsyncContextManager[InspectorPane]:
    return standing_alone(InspectorPane(cast("Services", SimpleNamespace(library=shelf, changes=feed))), 320, 900)


def texts(pane: InspectorPane) -> list[str]:
    shown = [each for each in pane.findChildren(QWidget) if isinstance(each, QLabel | SelectableText)]
    return [each.text() for each in shown if each.text() and each.isVisible()]


def following(pane: InspectorPane, text: str) -> str:
    """What stands below a value."""
    row = next(each for each in pane.findChildren(SelectableText) if each.text() == text and each.isVisible())
    around = row.parentWidget()
    assert around is not None
    below = [label for label in around.findChildren(QLabel) if label.property("small") and label.text()]
    return below[0].text()


async def showing(pane: InspectorPane, name: str) -> None:
    await wait_until(lambda: name in texts(pane))


async def test_every_value_is_shown_with_its_source_age_quality_and_cost() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        assert "No contact chosen" in texts(pane)
        pane.show_contact(1)
        await showing(pane, "Emails bought.")
        told = texts(pane)
        assert following(pane, "ada@fjordwerk.example") == "Tamtam enrichment · 3 days ago · high probability · free"
        for text in ("Head of Sales", "2021 – today", "NTNU", "MSc, Physics", "Emails bought.", "Found", "Unknown"):
            assert text in told


async def test_other_values_are_one_click_away() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(1)
        await showing(pane, "ada@fjordwerk.example")
        assert "a.norling@old.example" not in texts(pane)
        press_text(pane, "1 more")
        assert "a.norling@old.example" in texts(pane)
        assert following(pane, "a.norling@old.example") == "Leadfeeder · 1 year ago · cost not known"
        press_text(pane, "1 more")
        assert "a.norling@old.example" not in texts(pane)


async def test_who_must_not_be_contacted_is_said_at_the_top_and_follows_the_list() -> None:
    shelf, feed = Shelf(), ChangeFeed()
    async with shown(shelf, feed) as pane:
        pane.show_contact(1)
        await showing(pane, "Ada Norling")
        assert not any(text.startswith("Do not contact") for text in texts(pane))
        reason = "Do not contact: Domain fjordwerk.example"
        shelf.shelf[1] = replace(ada(), row=replace(ada().row, do_not_contact=reason))
        feed.publish(Change(ChangeKind.SUPPRESSION))
        await wait_until(lambda: reason in texts(pane))


async def test_a_value_several_sources_agree_on_stands_once() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(1)
        await showing(pane, "Bergen")
        assert texts(pane).count("Bergen") == 1
        assert following(pane, "Bergen") == "TalkToHumans · just now · free · also Leadfeeder"


async def test_provider_text_is_plain_and_can_be_copied() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(1)
        await showing(pane, "Sells <b>cold</b> rooms.")
        assert {label.textFormat() for label in pane.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
        value = next(each for each in pane.findChildren(SelectableText) if each.text() == "ada@fjordwerk.example")
        assert value.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
        next(b for b in pane.findChildren(QToolButton) if b.accessibleName() == "Copy Email").click()
        assert QGuiApplication.clipboard().text() == "ada@fjordwerk.example"


async def test_only_web_links_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(1)
        await showing(pane, "Emails bought.")  # what comes last
        buttons = [b for b in pane.findChildren(QToolButton) if b.isVisible()]
        links = [b for b in buttons if b.accessibleName().startswith("Open ")]
        assert [link.accessibleName() for link in links] == ["Open LinkedIn in the browser"]
        links[0].click()
        assert opened == ["https://www.linkedin.com/in/ada-demo"]


async def test_it_follows_changes_of_the_contact_it_shows() -> None:
    shelf, feed = Shelf(), ChangeFeed()
    async with shown(shelf, feed) as pane:
        pane.show_contact(1)
        await showing(pane, "Ada Norling")
        shelf.shelf[1] = replace(shelf.shelf[1], row=make_row(1, display_name="Ada Quist"))
        feed.publish(Change(ChangeKind.CONTACTS, (2, 1)))
        await showing(pane, "Ada Quist")


async def test_the_last_contact_asked_for_is_the_one_shown() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(1)
        pane.show_contact(2)
        await showing(pane, "Berit Okafor")
        assert pane.details is not None
        assert pane.details.row.contact_id == 2
        wanted = wait_signal(pane.enrich_requested)
        press_text(pane, "Enrich…")
        assert await wanted == ([2],)


async def test_a_contact_that_was_left_for_a_moment_is_shown_whole_again() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(1)
        await showing(pane, "Emails bought.")
        pane.show_contact(2)
        await showing(pane, "Berit Okafor")
        pane.show_contact(1)
        await showing(pane, "Ada Norling")
        await showing(pane, "Emails bought.")
        assert "Sells <b>cold</b> rooms." in texts(pane)


async def test_a_contact_that_cannot_be_read_is_told_in_the_pane() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.show_contact(99)
        await wait_until(lambda: "not in the library" in pane.banner.text)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=89), "just now"),
        (timedelta(seconds=95), "1 minute ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=364), "12 months ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_ages_are_told_in_the_largest_unit(age: timedelta, words: str) -> None:
    assert age_text(NOW - age, NOW) == words


def test_what_an_enrichment_found_costs_what_its_field_costs() -> None:
    email, phone = (
        replace(said(name, value, Provider.TAMTAM, days=0), credits=11, record_id=7)
        for name, value in (("email", "ada@fjordwerk.example"), ("phone", "+4755512345"))
    )
    costs = Costs(())
    assert provenance(email, costs) == "Tamtam enrichment · just now · 1 credit"
    assert provenance(phone, costs) == "Tamtam enrichment · just now · 10 credits"
    assert full_provenance(phone, costs).endswith(", 10 credits")
    bought = replace(said("email", "ada@fjordwerk.example", Provider.LEADFEEDER, days=0), credits=3)
    assert full_provenance(bought, costs).endswith(", 3 credits for the whole record")


async def test_it_scrolls_to_its_end_and_not_beyond() -> None:
    async with shown(Shelf(), ChangeFeed()) as pane:
        pane.resize(320, 300)
        pane.show_contact(1)
        await showing(pane, "Emails bought.")
        area = next(each for each in pane.findChildren(QScrollArea) if each.isVisible())
        content = area.widget()
        assert content is not None
        await wait_until(lambda: content.height() == content.heightForWidth(content.width()) > area.height())
