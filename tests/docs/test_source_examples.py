"""Every orgsync.toml of the pages on sources and mapping can be loaded as it stands."""

import re
import tomllib
from pathlib import Path

import keyring
import pytest

from docs import generate
from orgsync.client.config import load_config
from orgsync.client.mapping import load_mapping
from orgsync.client.mapping.testing import run_tests
from orgsync.client.sources import open_source
from orgsync.client.sources.catalogue import SOURCES

DOCS = Path(generate.__file__).parent
PAGES = [*sorted((DOCS / "how-to").glob("pull-from-*.md")), DOCS / "reference" / "mapping.md"]
EXAMPLES = [
    pytest.param(text, id=f"{page.stem}-{place}")
    for page in PAGES
    for place, text in enumerate(
        re.findall(r"^```toml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL), 1
    )
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_loads_and_its_tests_pass(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the secrets that it names, and the files beside it."""
    for name in re.findall(r"env:(\w+)", text):
        monkeypatch.setenv(name, "postgresql://hr@127.0.0.1/hr" if name.endswith("_URL") else "secret")
    monkeypatch.setattr(keyring, "get_password", lambda service, name: f"{service}/{name}")
    (tmp_path / "people.sql").write_text("SELECT 1")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "orgsync.toml").write_text(text.replace("file:/run/secrets/s3_key", "file:secret"))
    tables = tomllib.loads(text)

    if "target" in tables:
        load_config(tmp_path / "orgsync.toml")
        open_source(tomllib.loads((tmp_path / "orgsync.toml").read_text())["source"], base=tmp_path)
    mapping = load_mapping(tables.get("mapping", {}), base=tmp_path)

    if mapping.tests:
        assert [test.differences for test in run_tests(mapping) if test.differences] == []


def test_there_is_an_example_of_every_kind_of_source() -> None:
    """Nobody has to guess."""
    kinds = {tomllib.loads(str(example.values[0])).get("source", {}).get("kind") for example in EXAMPLES}

    assert kinds - {None} == {source.name for source in SOURCES}
