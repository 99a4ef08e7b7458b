"""No file that leaves the server runs anything in a spreadsheet, whoever wrote what stands in it."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orgsync.server.orgs.models import Organization
from tests.server.web.access_tables import CHANGING, POSTED, SEEING
from tests.server.web.access_world import OUT_OF_REACH, ids_of_acme, plant
from tests.server.web.test_isolation import text_of

FORMULA = "=cmd|' /c calc'!A0"


@pytest.fixture
def pages(acme: Organization) -> dict[str, Any]:
    """Plant a formula in every text of Acme; return the paths of all pages that can be got."""
    ids = ids_of_acme(acme)
    plant(acme, FORMULA)
    names = sorted((SEEING | CHANGING) - POSTED - OUT_OF_REACH)
    return {name: reverse(f"web:{name}", kwargs=ids.get(name)) for name in names}


@pytest.mark.django_db(transaction=True)
def test_every_csv_is_defused(pages: dict[str, str], alice: Client) -> None:
    """
    Each cell that a spreadsheet could run begins with an apostrophe, in every file that a page gives.
    """
    files = {name: alice.get(path, {"by": "attribute:work_title"}) for name, path in pages.items()}
    found = {name: text_of(one) for name, one in files.items() if "text/csv" in one.headers.get("Content-Type", "")}
    cells = {name: [cell for row in csv.reader(io.StringIO(text)) for cell in row] for name, text in found.items()}

    # A template holds our own example of a telephone number, which begins with +.
    risky = {name for name, listed in cells.items() if any(cell[:1] in "=+-@\t\r" for cell in listed if cell)}
    assert risky <= {"upload-template"}
    planted = {name for name, listed in cells.items() if f"'{FORMULA}" in listed}
    assert len(found) >= 15
    assert planted >= {"learners-download", "groups-download", "contents-download", "licenses-download"}
