"""From nothing to a configuration: init, token, doctor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result
from linkedin_world import TOKEN, Linkedin

from orgsync.client.cli import cli as command
from orgsync.client.config import load_config

Cli = Callable[..., Result]
DOWNLOAD = "invited_email_address,preferred_first_name,attribute_site,EMEA_license_english_status\r\n"


def invoke(*arguments: object, text: str = "") -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=text, catch_exceptions=False)


def test_a_configuration_is_written_and_learns_headers(tmp_path: Path) -> None:
    """Licenses and attributes come from a download of the Admin Center; an older file is not replaced by accident."""
    download, output = tmp_path / "users.csv", tmp_path / "orgsync.toml"
    download.write_text(f"{DOWNLOAD}ana@example.com,Ana,Lisbon,active\r\n", newline="")
    arguments = ("init", "--target", "linkedin", "--source", "hr/*.csv", "--learn", download, "-o", output)

    made, again = invoke(*arguments), invoke(*arguments)

    assert (made.exit_code, again.exit_code) == (0, 2), made.output
    config = load_config(output)
    assert config.target.licenses == ("EMEA_license_english_status",)
    assert config.target.email_header == "invited_email_address"
    assert config.source["path"] == "hr/*.csv"
    assert "attribute_site" in output.read_text()
    assert "ana@example.com" not in output.read_text()
    assert (
        invoke("init", "--target", "orgsync", "--server", "https://hr.example.com", "-o", output, "--force").exit_code
        == 0
    )
    assert load_config(output).target.server == "https://hr.example.com"


def test_a_token_is_stored_for_its_owner_alone(
    cli: Cli, linkedin: Linkedin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands find it; nothing shows it; it can be removed."""
    monkeypatch.delenv("ORGSYNC_TOKEN")
    nobody = cli("status", "1")
    stored = invoke("token", "set", "--in-file", "--days", "9", text=f"{TOKEN}\n")
    shown = cli("token", "show")
    told = json.loads(cli("token", "show", "--json").stdout)
    found = cli("status", "1")
    (file,) = (tmp_path / "state" / "tokens").iterdir()
    mode = file.stat().st_mode & 0o777
    doctor = cli("doctor")
    removed = cli("token", "remove")

    assert (nobody.exit_code, stored.exit_code, found.exit_code, removed.exit_code) == (2, 0, 2, 0), stored.output
    assert "No virtual resource found" in found.stderr
    assert mode == 0o600
    assert "expires in 9 days" in doctor.stdout
    assert told["place"] == str(file)
    assert TOKEN not in stored.output + shown.output + doctor.output + str(told)
    assert not file.exists()


def test_the_keyring_holds_the_token(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is one; the file beside it then has no token."""
    import keyring
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1
        kept: ClassVar[dict[tuple[str, str], str]] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        monkeypatch.delenv("ORGSYNC_TOKEN")
        stored = invoke("token", "set", text=f"{TOKEN}\n")
        found = cli("status", "1")
        (file,) = (tmp_path / "state" / "tokens").iterdir()
        text = file.read_text()
        cli("token", "remove")
    finally:
        keyring.set_keyring(before)

    assert "Stored in keyring" in stored.stdout, stored.output
    assert "No virtual resource found" in found.stderr
    assert TOKEN not in text
    assert Memory.kept == {}


def test_the_doctor_looks_at_everything(cli: Cli, linkedin: Linkedin, config: Path) -> None:
    """All is well but for what nobody knows; then each thing that fails has its exit code."""
    fine = json.loads(cli("doctor", "--json").stdout)
    states = {finding["what"]: finding["state"] for finding in fine["findings"]}
    linkedin.script(fresh=9)
    refused = cli("doctor")
    text = config.read_text()
    config.write_text(text + "[guard.leavers]\nnumbr = 3\n")
    misspelt = cli("doctor")
    config.write_text(text.replace(linkedin.address, "http://127.0.0.1:9"))
    away = cli("doctor")

    assert fine["exit_code"] == 0
    assert {states[what] for what in ("config", "state", "disk", "server", "clock", "token")} == {"ok"}
    assert (states["source"], states["expiry"]) == ("warn", "warn")
    assert (refused.exit_code, misspelt.exit_code, away.exit_code) == (5, 2, 6)
    assert "[guard]" in misspelt.stdout
