"""Small files that are checked: the rows as they leave, and the codes of what was found."""

from small_files import layout_of, raw_file

from orgsync.core.rows import CheckedRows
from orgsync.core.validate import check_rows


def checked(headers: str, *rows: list[str | None], date_formats: tuple[str, ...] = ()) -> CheckedRows:
    """Check a file whose headers are given as one text, separated by blanks."""
    names = headers.split()
    return check_rows(raw_file(names, *rows), layout_of(names), date_formats=date_formats)


def codes(found: CheckedRows) -> list[tuple[int | None, str, str | None]]:
    return found.issues.select("row_number", "code", "column").rows()


def one_cell(header: str, cell: str) -> tuple[str | None, list[str]]:
    """Check one cell in an otherwise good row; return the cell as it leaves and the codes found."""
    found = checked(f"unique_user_id {header}", ["e1", cell])
    return found.rows[layout_of([header]).columns[0].field].item(), found.issues["code"].to_list()
