"""Steps of the tour with what else services offer: tags, lists, companies, paid searches, connections, diagnostics."""

from PySide6.QtWidgets import QAbstractButton, QListWidget, QMessageBox, QPlainTextEdit, QPushButton

from app.domain.provider import Provider
from app.ui.dialogs.bundle_dialog import BundleDialog
from app.ui.dialogs.company_dialog import CompanyDialog
from app.ui.dialogs.diagnostics_dialog import DiagnosticsDialog
from app.ui.dialogs.list_dialog import ListDialog
from app.ui.dialogs.settings_dialog import SettingsDialog
from app.ui.dialogs.tag_dialog import TagDialog
from app.ui.panes.results_pane import ResultsPane
from app.ui.tour_stage import TourStage, button

TAG = "Spring campaign"
LIST = "Spring fair visitors"
COMPANY_WORD = "Quillmark"
TITLE = "Manager"
TAGGED = 5
LISTED = 8
WRONG_KEY = "wrong-key"


class ServiceSteps(TourStage):
    """Each step works on what it is handed, and leaves dialogs closed."""

    async def tag(self, pane: ResultsPane) -> None:
        """Put a new tag on some contacts."""
        hand, changes = self._hand, self._window.changes
        hand.show_tab(self._window.tabs, pane)
        chosen = pane.table.all_ids()[:TAGGED]
        pane.table.select_ids(chosen)
        hand.act("contacts.add_tag")
        dialog = await hand.dialog(TagDialog)
        known = dialog.known
        await hand.until(
            lambda: any(chip.isVisible() for chip in known.findChildren(QAbstractButton)), "Known tags are offered."
        )
        hand.write_value(dialog.edit, TAG)
        confirm = hand.find(QPushButton, "tag_confirm", dialog)
        await hand.until(lambda: TAG in confirm.text(), "The tag can be added.")
        await self._picture("tag-choose")
        hand.click(confirm)
        done = f"“{TAG}” added to {TAGGED} contacts."
        await hand.until(lambda: done in changes.banner.text, f"The window says {done}")
        tagged = [(await self._services.library.details(contact_id)).fields.tags for contact_id in chosen]
        self._record.expect(all(TAG in tags for tags in tagged), "the library shows the tag on each")
        hand.act("contacts.show")
        await self._picture("tag-added")
        changes.banner.clear()

    async def find_company(self, account: str) -> None:
        """Turn a company's name into the id that Leadfeeder's search takes."""
        hand = self._hand
        pane = self._window.find_pane.pane(Provider.LEADFEEDER)
        hand.act(f"search.{Provider.LEADFEEDER.value}")
        self._record.expect(account in pane.form.values().get("account_id", ()), "the account is still chosen")
        hand.click(hand.find(QPushButton, "find_company", pane))
        dialog = await hand.dialog(CompanyDialog)
        hand.write(dialog.box, COMPANY_WORD)
        hand.click(hand.find(QPushButton, "company_find", dialog))
        confirm = hand.find(QPushButton, "company_confirm", dialog)
        await hand.until(confirm.isEnabled, "A company is found and selected.")
        await self._picture("company-found")
        hand.click(confirm)
        await hand.closed(CompanyDialog)
        await hand.until(lambda: "company_ids" in pane.form.values(), "The company's id is among the filters.")
        ids = pane.form.values()["company_ids"]
        self._record.note(company_ids=list(ids))

    async def add_to_list(self, pane: ResultsPane) -> None:
        """Put contacts on a new list."""
        hand, changes = self._hand, self._window.changes
        hand.show_tab(self._window.tabs, pane)
        pane.table.select_ids(pane.table.all_ids()[:LISTED])
        hand.act("contacts.add_to_list")
        dialog = await hand.dialog(ListDialog)
        new = hand.find(QPushButton, "list_new", dialog)
        await hand.until(new.isEnabled, "The account's lists are known.")
        hand.click(new)
        hand.write(dialog.name_box, LIST)
        hand.click(hand.find(QPushButton, "list_create", dialog))
        confirm = hand.find(QPushButton, "list_confirm", dialog)
        await hand.until(lambda: confirm.isEnabled() and LIST in confirm.text(), "The new list is chosen.")
        await self._picture("list-choose")
        hand.click(confirm)
        done = f"“{LIST}”: added {LISTED} contacts."
        await hand.until(lambda: done in changes.banner.text, f"The window says {done}")
        await self._picture("list-added")
        changes.banner.clear()

    async def search_people(self) -> None:
        """Buy a page of a paid search, and look at the question that loading many asks."""
        provider = Provider.TAMTAM
        pane = self._window.find_pane.pane(provider)
        self._fill(provider, {"job_titles_includes": TITLE})
        price = f"up to {pane.page_cost} credits"
        self._record.expect(pane.page_cost > 0, "a page has its price")
        self._record.expect(price in pane.search_button.text(), "the button names the price")
        await self._picture("tamtam-people-cost")
        results = await self._run_search(provider)
        self._expect_rows(results)
        self._record.expect("credits charged" in results.state_text, "the tab says what was charged")
        self._record.note(state=results.state_text)
        self._hand.act("search.all")
        question = await self._hand.dialog(QMessageBox)
        await self._picture("tamtam-people-load-all")
        self._hand.click(button(question, "Cancel"))
        await self._hand.closed(QMessageBox)
        await self._picture("tamtam-people")

    async def check_keys(self) -> None:
        """Ask a service whether its key works, and another one about a key that does not."""
        hand = self._hand
        hand.act("settings")
        dialog = await hand.dialog(SettingsDialog)
        card = dialog.cards[Provider.TALKTOHUMANS]
        await hand.until(card.check_button.isEnabled, "The key can be checked.")
        hand.click(card.check_button)
        await hand.until(lambda: "works" in card.result.text(), "The service says that the key works.")
        other = dialog.cards[Provider.LEADFEEDER]
        hand.write(other.key_box, WRONG_KEY)
        hand.click(other.check_button)
        await hand.until(lambda: "refused" in other.result.text(), "The service refuses a wrong key.")
        self._record.note(right=card.result.text(), wrong=other.result.text())
        await self._picture("settings-keys")
        dialog.reject()
        await hand.closed(SettingsDialog)

    async def keep_key(self, key: str) -> None:
        """Keep a key for this session, or with "" delete it again."""
        hand = self._hand
        hand.act("settings")
        dialog = await hand.dialog(SettingsDialog)
        card = dialog.cards[Provider.TALKTOHUMANS]
        if key:
            hand.write(card.key_box, key)
            hand.click(card.keep_button)
        else:
            await hand.until(card.delete_button.isEnabled, "The key can be deleted.")
            hand.click(card.delete_button)
            hand.click(button(await hand.dialog(QMessageBox), "Delete"))
        await hand.until(lambda: "key is" in card.result.text(), "The card says what became of the key.")
        dialog.reject()
        await hand.closed(SettingsDialog)

    async def check_connection(self) -> None:
        """Check the connection to a service."""
        hand = self._hand
        hand.act("settings")
        dialog = await hand.dialog(SettingsDialog)
        card = dialog.cards[Provider.TALKTOHUMANS]
        await hand.until(card.connection_button.isVisible, "The card is shown.")
        hand.click(card.connection_button)
        await hand.until(lambda: bool(card.connection.text), "The check has ended.")
        self._record.expect("answers from here" in card.connection.text, "the service answers")
        self._record.note(found=card.connection.text.splitlines())
        await self._picture("settings-connection")
        dialog.reject()
        await hand.closed(SettingsDialog)

    async def diagnose(self) -> None:
        """Look at the diagnostics, and at what would be saved of them."""
        hand = self._hand
        hand.act("help.diagnostics")
        dialog = await hand.dialog(DiagnosticsDialog)
        await hand.heard(dialog.refreshed, "The diagnostics are read.")
        await self._picture("diagnostics")
        hand.click(dialog.save_button)
        preview = await hand.dialog(BundleDialog)
        files = hand.find(QListWidget, "bundle_files", preview)
        await hand.until(lambda: files.count() > 0, "The files of the bundle are listed.")
        files.setCurrentRow(1)
        text = hand.find(QPlainTextEdit, "bundle_text", preview).toPlainText()
        self._record.expect(Provider.TAMTAM.label in text, "the preview tells of the services")
        names = [files.item(row).text().splitlines()[0] for row in range(files.count())]
        self._record.note(files=names)
        await self._picture("diagnostics-preview")
        preview.reject()
        await hand.closed(BundleDialog)
        dialog.reject()
        await hand.closed(DiagnosticsDialog)
