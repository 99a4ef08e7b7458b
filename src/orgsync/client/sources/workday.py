"""Workday: a custom report that is enabled as a web service (RaaS)."""

from orgsync.client.sources.options import Options
from orgsync.client.sources.paging import OnePage
from orgsync.client.sources.rest import CsvSource, JsonSource

RECORDS = "Report_Entry"


def open_workday(options: Options) -> JsonSource | CsvSource:
    """Return the report; its prompts are the `params`, and `format` is the form it is asked for in."""
    form = options.text("format")
    params = {**options.text_table("params"), "format": form}
    if form == "csv":
        return CsvSource(options, options.text("address"), params)
    return JsonSource(options, options.text("address"), records=RECORDS, params=params, paging=OnePage())
