"""The rep's own work when contacts are merged and split: tags, lists, marks and picks by hand; none of it is lost."""

from app.storage.database import Connection, rows

# What both have is united. Where only one value can stand, the survivor's does, and of two picks the newer. Notes that
# stand in the survivor's already are not said twice: undoing may bring them once more.
_UNITE = """
INSERT OR IGNORE INTO contact_tag (contact_id, tag) SELECT :survivor, tag FROM contact_tag WHERE contact_id = :merged;
DELETE FROM contact_tag WHERE contact_id = :merged;
INSERT OR IGNORE INTO contact_list_member (list_id, contact_id, added_at)
    SELECT list_id, :survivor, added_at FROM contact_list_member WHERE contact_id = :merged;
DELETE FROM contact_list_member WHERE contact_id = :merged;
INSERT INTO field_choice (contact_id, field, value, chosen_at)
    SELECT :survivor, field, value, chosen_at FROM field_choice WHERE contact_id = :merged
    ON CONFLICT DO UPDATE SET value = excluded.value, chosen_at = excluded.chosen_at
    WHERE excluded.chosen_at > field_choice.chosen_at;
DELETE FROM field_choice WHERE contact_id = :merged;
INSERT INTO contact_mark (contact_id, status, rating, notes)
    SELECT :survivor, status, rating, notes FROM contact_mark WHERE contact_id = :merged
    ON CONFLICT DO UPDATE SET
        status = CASE WHEN status = '' THEN excluded.status ELSE status END,
        rating = CASE WHEN rating = 0 THEN excluded.rating ELSE rating END,
        notes = CASE WHEN notes = '' THEN excluded.notes
            WHEN excluded.notes = '' OR instr(char(10) || notes || char(10), char(10) || excluded.notes || char(10))
            THEN notes ELSE notes || char(10, 10) || excluded.notes END;
DELETE FROM contact_mark WHERE contact_id = :merged;
"""

_TABLES = {
    "contact_mark": ("status", "rating", "notes"),
    "contact_tag": ("tag",),
    "contact_list_member": ("list_id", "added_at"),
    "field_choice": ("field", "value", "chosen_at"),
}


def unite(conn: Connection, survivor_id: int, merged_id: int) -> None:
    """Move what the rep has on one contact to another, beside what is there."""
    for statement in _UNITE.split(";"):
        if statement.strip():
            conn.execute(statement, {"survivor": survivor_id, "merged": merged_id})


def kept(conn: Connection, contact_id: int) -> dict[str, list[tuple[str | int, ...]]]:
    """What the rep has on a contact: rows by table, for `give_back`."""
    return {
        table: found
        for table, columns in _TABLES.items()
        if (found := rows(conn, f"SELECT {', '.join(columns)} FROM {table} WHERE contact_id = ?", (contact_id,)))  # noqa: S608
    }


def give_back(conn: Connection, contact_id: int, own: dict[str, list[list[str | int]]]) -> None:
    """Put down again what the rep had on a contact before it was merged; lists that are gone by now are left out."""
    lists = {row[0] for row in rows(conn, "SELECT list_id FROM contact_list")}
    for table, columns in _TABLES.items():
        marks = ", ".join("?" * len(columns))
        conn.executemany(
            f"INSERT OR IGNORE INTO {table} (contact_id, {', '.join(columns)}) VALUES (?, {marks})",  # noqa: S608
            [
                (contact_id, *values)
                for values in own.get(table, ())
                if table != "contact_list_member" or values[0] in lists
            ],
        )
