from app.ui.models.contact_columns import Column
from app.ui.models.contact_model import Entry
from app.ui.models.contact_text import TextForm, heading, lines
from tests.support.rows import make_row

COLUMNS = [Column.JOB_TITLE, Column.COMPANY]


def test_rows_for_a_spreadsheet_are_one_line_each_whatever_the_provider_wrote() -> None:
    entries = [Entry.of(make_row(1, job_title="Head\tof\r\nSales", company_name="A | B"))]
    assert heading(TextForm.TSV, COLUMNS) == "Job title\tCompany"
    assert lines(TextForm.TSV, entries, COLUMNS) == ["Head of Sales\tA | B"]


def test_a_markdown_table_holds_marks_as_plain_text() -> None:
    entries = [Entry.of(make_row(1, job_title="Head\nof *Sales*", company_name="A | <b>B</b>"))]
    assert heading(TextForm.MARKDOWN, COLUMNS).splitlines() == ["| Job title | Company |", "| --- | --- |"]
    assert lines(TextForm.MARKDOWN, entries, COLUMNS) == [r"| Head of \*Sales\* | A \| \<b\>B\</b\> |"]


def test_the_reps_own_marks_are_text_too() -> None:
    row = make_row(1, rating=3, tags=("fair", "hot"), notes="\nMet in Bergen.\nCall again.", country="NO")
    wanted = [Column.RATING, Column.TAGS, Column.NOTES, Column.COUNTRY]
    assert lines(TextForm.TSV, [Entry.of(row)], wanted) == ["★★★☆☆\tfair, hot\tMet in Bergen.\tNO"]
