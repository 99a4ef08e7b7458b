"""Settings fail loudly: the message names the variable and says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orgsync.server.env import (
    ConfigurationError,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_optional_secret,
    env_path,
    env_secret,
    env_text,
)


def test_good_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Each reader gives its type.
    """
    given = {"T": " a ", "B": "1", "N": "42", "C": "red", "L": "a, ,b", "P": "/var/x"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    found = (env_text("T"), env_bool("B", default=False), env_int("N", 1), env_choice("C", "blue", ("red", "blue")))
    assert found == ("a", True, 42, "red")
    assert env_list("L") == ("a", "b")
    assert env_path("P") == Path("/var/x")


def test_absent_settings_give_their_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Empty counts as not set.
    """
    monkeypatch.setenv("X", "")

    assert (env_text("X"), env_bool("X", default=True), env_int("X", 7), env_path("X")) == (None, True, 7, None)
    assert (env_choice("X", "blue", ("red", "blue")), env_list("X")) == ("blue", ())


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param("yes", lambda: env_bool("X", default=True), id="neither 0 nor 1"),
        pytest.param("many", lambda: env_int("X", 1), id="no number"),
        pytest.param("-1", lambda: env_int("X", 1), id="negative"),
        pytest.param("9", lambda: env_int("X", 1, maximum=8), id="too large"),
        pytest.param("green", lambda: env_choice("X", "red", ("red", "blue")), id="unknown choice"),
        pytest.param("", lambda: env_secret("X"), id="no secret"),
    ],
)
def test_bad_setting_is_an_error_with_its_name(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], object]
) -> None:
    """
    No bad value is passed over in favour of the default.
    """
    monkeypatch.setenv("X", value)

    with pytest.raises(ConfigurationError, match=r"^X: ") as caught:
        read()

    assert caught.value.name == "X"


def test_secret_comes_from_its_file_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A container's secret file wins over the variable, and loses its line end.
    """
    (tmp_path / "secret").write_text("from file\n", encoding="utf-8")
    monkeypatch.setenv("X", "from variable")
    from_variable = env_secret("X")
    monkeypatch.setenv("X_FILE", str(tmp_path / "secret"))

    assert (from_variable, env_secret("X")) == ("from variable", "from file")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"], ids=["missing", "empty", "not text"])
def test_unreadable_secret_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    """
    A secret file that holds no secret is never taken for an empty secret.
    """
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("X_FILE", str(path))

    with pytest.raises(ConfigurationError) as caught:
        env_secret("X")

    assert caught.value.name == "X_FILE"


def test_address_with_a_password_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """
    Container secrets are files; where there is neither variable nor file, there is no address.
    """
    (tmp_path / "address").write_text("postgresql://orgsync:pass@db.example.com/orgsync\n")

    assert env_optional_secret("X") is None
    monkeypatch.setenv("X_FILE", str(tmp_path / "address"))
    assert env_optional_secret("X") == "postgresql://orgsync:pass@db.example.com/orgsync"
