"""Typed readers of environment variables that fail loudly and early, usable before Django is set up."""

import os
from pathlib import Path

from orgsync.core.errors import OrgSyncError


class ConfigurationError(OrgSyncError):
    """A setting is missing or makes no sense; nothing was started."""

    def __init__(self, name: str, mend: str) -> None:
        self.name = name
        self.mend = mend
        super().__init__(f"{name}: {mend}")


def env_text(name: str, default: str | None = None) -> str | None:
    """Return the variable without blanks around it; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """Return True for `1`, False for `0`; raise ConfigurationError on anything else."""
    text = env_text(name)
    if text is None:
        return default
    if text not in {"0", "1"}:
        raise ConfigurationError(name, f"{text!r} is neither 0 nor 1; use one of them.")
    return text == "1"


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """Return a whole number within the bounds; raise ConfigurationError on anything else."""
    text = env_text(name)
    if text is None:
        return default
    bounds = f"from {minimum}" + ("" if maximum is None else f" to {maximum}")
    if not (text.isascii() and text.isdecimal()):
        raise ConfigurationError(name, f"{text!r} is no whole number; use one {bounds}.")
    number = int(text)
    if number < minimum or (maximum is not None and number > maximum):
        raise ConfigurationError(name, f"{number} is out of bounds; use a whole number {bounds}.")
    return number


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices; raise ConfigurationError on anything else."""
    text = env_text(name, default) or default
    if text not in choices:
        raise ConfigurationError(name, f"{text!r} is not known; use one of {', '.join(choices)}.")
    return text


def log_settings() -> dict[str, str]:
    """Return what `monitoring.logs.configure` needs; processes ask that have no Django."""
    return {
        "format": env_choice("ORGSYNC_LOG_FORMAT", "json", ("json", "console")),
        "level": env_choice("ORGSYNC_LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
    }


def env_list(name: str) -> tuple[str, ...]:
    """Return the parts of a comma-separated variable, blanks around them dropped, empty ones left out."""
    return tuple(part.strip() for part in os.environ.get(name, "").split(",") if part.strip())


def env_path(name: str, default: Path | None = None) -> Path | None:
    """Return an absolute path with `~` expanded, whether it exists or not."""
    text = env_text(name)
    path = default if text is None else Path(text)
    return None if path is None else path.expanduser().absolute()


def env_secret(name: str) -> str:
    """Read a secret from the file that NAME_FILE names (a container secret) or from NAME itself."""
    file_name = f"{name}_FILE"
    if path := env_text(file_name):
        return _read_secret(file_name, Path(path))
    if secret := env_text(name):
        return secret
    raise ConfigurationError(name, f"is not set; set it, or set {file_name} to a file that holds it.")


def env_optional_secret(name: str) -> str | None:
    """Read a secret, or an address that may hold a password, as `env_secret`; None where neither variable is set."""
    return env_secret(name) if env_text(name) or env_text(f"{name}_FILE") else None


def _read_secret(file_name: str, path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(file_name, f"{path} cannot be read ({error}); mend the file.") from error
    if not secret:
        raise ConfigurationError(file_name, f"{path} is empty; write the secret into it.")
    return secret
