"""The templates to download are valid files."""

import csv
import io

import pytest
from small_files import layout_of, raw_file

from orgsync.core.columns import DELETION_HEADERS, PERMISSION_NAMES
from orgsync.core.template import TemplateKind, template_csv
from orgsync.core.validate import check_rows


def lines_of(kind: TemplateKind) -> list[list[str]]:
    return list(csv.reader(io.StringIO(template_csv(kind).decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("kind", [TemplateKind.USERS, TemplateKind.USERS_AND_PERMISSIONS])
def test_the_example_row_is_valid_as_it_stands(kind: TemplateKind) -> None:
    """
    Whoever uploads the template untouched hears of no mistake.
    """
    headers, *rows = lines_of(kind)

    checked = check_rows(raw_file(headers, *rows), layout_of(headers))

    assert checked.issues.is_empty()
    assert checked.rows["is_valid"].to_list() == [True]
    assert len(layout_of(headers).columns) == len(headers)


def test_only_the_second_template_has_permissions() -> None:
    """
    A template for users gives nobody any power.
    """
    users, _ = lines_of(TemplateKind.USERS)
    both, _ = lines_of(TemplateKind.USERS_AND_PERMISSIONS)

    assert not set(PERMISSION_NAMES) & set(users)
    assert set(both) - set(users) == set(PERMISSION_NAMES)


def test_the_deletion_template_has_exactly_its_two_headers() -> None:
    """
    Any other header would make it a file of changes.
    """
    headers, example = lines_of(TemplateKind.DELETION)

    assert tuple(headers) == DELETION_HEADERS
    assert all(example)


def test_every_template_has_a_label() -> None:
    """
    The page lists them by it.
    """
    assert [kind.label for kind in TemplateKind] == ["Users only", "Users and admin permissions", "Deletion"]
