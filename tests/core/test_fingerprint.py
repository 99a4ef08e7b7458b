"""Fingerprints tell rows apart, and the epoch tells files apart."""

from orgsync.core.checking import check_file, open_file
from orgsync.core.fingerprint import epoch_of, fingerprints, layout_parts, may_be_kept


def prints(text: str, epoch: int = 1) -> list[int | None]:
    return fingerprints(open_file(text.encode()).raw, epoch)["fingerprint"].to_list()


def test_equal_rows_have_equal_fingerprints_whatever_stands_around_them() -> None:
    first, second = prints("primary_email_address,work_title\na@example.com,Cook\nb@example.com,Cook\n")

    assert first != second
    assert prints("primary_email_address,work_title\nb@example.com,Cook\n") == [second]


def test_a_value_in_another_column_is_another_row() -> None:
    left, right = prints("primary_email_address,work_title,job_level\na@example.com,Cook,\na@example.com,,Cook\n")

    assert left != right


def test_a_missing_cell_is_no_blank_one() -> None:
    """A row that is too short has no fingerprint at all."""
    whole, short = prints("primary_email_address,work_title\na@example.com,\na@example.com\n")

    assert whole is not None
    assert short is None


def test_a_cell_with_the_separator_has_no_fingerprint() -> None:
    assert prints("primary_email_address,work_title\na@example.com,Co\x1fok\n") == [None]


def test_another_epoch_makes_other_fingerprints() -> None:
    text = "primary_email_address,work_title\na@example.com,Cook\n"

    assert prints(text, 1) != prints(text, 2)
    assert prints(text, -(2**63)) == prints(text, -(2**63))


def test_an_absent_column_is_another_epoch() -> None:
    narrow, wide = (
        open_file(f"{header}\n".encode())
        for header in ("primary_email_address,job_level", "primary_email_address,job_level,work_title")
    )

    assert epoch_of(layout_parts(narrow.layout, narrow.raw.headers)) != epoch_of(
        layout_parts(wide.layout, wide.raw.headers)
    )


def test_rows_with_issues_or_moving_keys_are_not_kept() -> None:
    file = check_file(
        b"primary_email_address,existing_email_address,worker_status\n"
        b"a@example.com,,active\n"
        b"b@example.com,,gone\n"
        b"c@example.com,old@example.com,active\n"
    )

    assert may_be_kept(file.checked.rows, file.issues)["row_number"].to_list() == [2]
