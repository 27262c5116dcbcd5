"""The tour's steps in the bulk fetch: a paste with everything in it, its price, and an outcome for each ID."""

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QLabel, QPlainTextEdit, QPushButton, QRadioButton, QTableView

from app.domain.identifiers import IdKind
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.ui.models.id_outcome_model import Column
from app.ui.tour_hand import NotAsExpectedError
from app.ui.tour_stage import TourStage, values

KNOWN_IDS = 60
UNKNOWN_IDS = {
    IdKind.UUID: tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in range(4)),
    IdKind.INTEGER: tuple(str(999_999_001 + number) for number in range(4)),
}
OTHER_PIECES = {
    kind: (other, "007421", "1,234,567", "https://www.linkedin.com/in/ada-norling", "ada@quillmark.example")
    for kind, other in ((IdKind.UUID, "4101"), (IdKind.INTEGER, UNKNOWN_IDS[IdKind.UUID][0]))
}
"""What else may be in a paste: the other kind of ID, two doubtful numbers, a page and an address to search for."""


class FetchSteps(TourStage):
    """What a rep does with IDs from elsewhere."""

    async def fetch(self, provider: Provider, account_id: str, ids: Sequence[str]) -> None:
        """Paste IDs that are known and some that are not, see what it would cost, fetch them, and look at each outcome.

        Args:
            provider: The service.
            account_id: The account to fetch through, where the service needs one.
            ids: IDs that the service knows; at least `KNOWN_IDS` where there are so many.
        """
        hand, pane = self._hand, self._window.bulk_fetch
        kind = self._services.fetching.id_kind(provider)
        known = list(dict.fromkeys(ids))[:KNOWN_IDS]
        unknown = list(UNKNOWN_IDS[kind])
        if not known:
            raise NotAsExpectedError(f"No IDs of {provider.label} are known to fetch.")
        hand.act("view.bulk_fetch")
        again = hand.find(QPushButton, "fetch_new", pane)
        if again.isEnabled():
            hand.click(again)
        mixed = [each for pair in zip(known, unknown, strict=False) for each in pair]
        pasted = ["id", *mixed, known[0], ", ".join(known[len(unknown) :]), *OTHER_PIECES[kind]]
        hand.paste(hand.find(QPlainTextEdit, "fetch_ids", pane), "\n".join(pasted))
        distinct = len(known) + len(unknown)
        radio = hand.find(QRadioButton, f"fetch_from_{provider.value}", pane)
        await hand.until(lambda: f"({distinct:,})" in radio.text(), "What was pasted is read.")
        if not radio.isChecked():
            hand.click(radio)
        if self._services.fetching.needs_account(provider):
            account = hand.find(QComboBox, "fetch_account", pane)
            await hand.until(lambda: account_id in values(account), "The account can be chosen.")
            hand.pick(account, account_id)
        fetch = hand.find(QPushButton, "fetch_start", pane)
        await hand.until(lambda: fetch.isEnabled() and f"{distinct:,}" in fetch.text(), "It can be fetched.")
        preview = hand.find(QLabel, "fetch_sum", pane).text()
        pieces = distinct + len(OTHER_PIECES[kind]) + 2
        self._record.expect(
            preview.endswith(f"+ 1 duplicate + 1 unreadable = {pieces:,} pieces in all"),
            f"the preview adds up: {preview}",
        )
        estimate = (await self._services.fetching.plan(provider, [*known, *unknown], account_id)).estimate
        if estimate.maximum:
            self._record.expect(
                f"up to {estimate.maximum:,} credit" in fetch.text(), "the button names the most it may cost"
            )
        await self._picture(f"{provider.value}-fetch-preview")
        hand.click(fetch)
        title = hand.find(QLabel, "fetch_title", pane)
        done = f"{provider.label}: {distinct:,} of {distinct:,} IDs done · Finished"
        await hand.until(lambda: title.text() == done, f"The bulk fetch says “{done}”.")
        table = hand.find(QTableView, "fetch_outcomes", pane)
        await hand.until(lambda: Outcome.FOUND.label in _column(table, Column.OUTCOME), "The outcomes are listed.")
        outcomes = _column(table, Column.OUTCOME)
        found, missing = outcomes.count(Outcome.FOUND.label), outcomes.count(Outcome.NOT_FOUND.label)
        self._record.expect(found == len(known), f"all {len(known)} known IDs are found, not {found}")
        self._record.expect(missing == len(unknown), f"the {len(unknown)} invented IDs are not found, not {missing}")
        await hand.until(lambda: len(pane.run_view.contacts.all_ids()) > 0, "The found contacts are listed.")
        await self._at_rest()
        self._record.note(ids=distinct, found=found, not_found=missing)
        await self._picture(f"{provider.value}-fetched")


def _column(table: QTableView, column: Column) -> list[str]:
    model = table.model()
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]
