"""orgsync.toml: what it says is understood, and what it cannot mean is named by file, table and key."""

from pathlib import Path

import pytest

from orgsync.client.config import load_config
from orgsync.client.errors import BadConfig, BadUsage
from orgsync.client.exits import ExitCode
from orgsync.core.model import Mode

GOOD = """
[source]
kind = "file"
path = "people.csv"

[mapping.columns]
preferred_first_name = "First"

[target]
kind = "linkedin"
token_expires = 2027-01-31
licenses = ["license_english_status"]
headers = { department_name = "attribute_department", work_phone_number = "" }
timeout = "30m"

[guard.leavers]
number = 5

[run]
metrics = "out/orgsync.prom"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "orgsync.toml"
    file.write_text(text)
    return file


def test_a_whole_file_is_understood(tmp_path: Path) -> None:
    """Tables of other modules are handed on as they stand; relative paths start at the file."""
    config = load_config(write(tmp_path, GOOD))

    assert dict(config.source) == {"kind": "file", "path": "people.csv"}
    assert config.mapping["columns"] == {"preferred_first_name": "First"}
    assert (config.target.server, config.target.mode) == ("https://api.linkedin.com", Mode.FULL)
    assert config.target.headers == {"department_name": "attribute_department", "work_phone_number": ""}
    assert config.target.timeout == 1800
    assert config.guard == {"leavers": {"number": 5}}
    assert config.run.metrics == tmp_path / "out" / "orgsync.prom"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[targt]\n", "targt is no table"),
        ("target = 1\n", "target must be a table"),
        ("[target]\n", "[target] kind is missing"),
        ("[target]\nkind = 'learn'\n", "[target] kind is 'learn'; it can be linkedin, orgsync"),
        ("[target]\nkind = 'orgsync'\n", "[target] server is missing"),
        ("[target]\nkind = 'linkedin'\nautomtic = true\n", "[target] automtic means nothing here; did you mean"),
        ("[target]\nkind = 'linkedin'\nautomatic = 'yes'\n", "[target] automatic must be true or false"),
        ("[target]\nkind = 'linkedin'\nwarn_days = -1\n", "[target] warn_days must be a whole number from 0 on"),
        ("[target]\nkind = 'linkedin'\nwarn_days = true\n", "[target] warn_days must be a whole number"),
        ("[target]\nkind = 'linkedin'\ntoken_expires = 'soon'\n", "[target] token_expires is no date"),
        ("[target]\nkind = 'linkedin'\ntimeout = 'long'\n", "[target] timeout is no duration"),
        ("[target]\nkind = 'linkedin'\nlicenses = ['english']\n", "[target] licenses holds 'english'"),
        ("[target]\nkind = 'linkedin'\nrows = 'good_rows'\n", "[target] rows means nothing to LinkedIn"),
        ("[target]\nkind = 'linkedin'\nheaders = { work_title = 1 }\n", "[target.headers] work_title must be"),
        ("[target]\nkind = 'linkedin'\n[run]\nlog = ''\n", "[run] log is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(tmp_path: Path, text: str, place: str) -> None:
    """File, table and key stand in the message; the exit code is that of bad configuration."""
    file = write(tmp_path, text)

    with pytest.raises(BadConfig) as caught:
        load_config(file)

    assert str(caught.value).startswith(f"{file}: {place}")
    assert caught.value.exit_code == ExitCode.USAGE


def test_what_is_no_toml_says_where(tmp_path: Path) -> None:
    """The line is in the message."""
    with pytest.raises(BadUsage, match="at line 2"):
        load_config(write(tmp_path, "[target]\nkind = linkedin\n"))
