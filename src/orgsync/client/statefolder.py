"""The folder where the client keeps what it must remember between two runs."""

import hashlib
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from orgsync.client.errors import StateUnavailable

STATE_VARIABLE = "ORGSYNC_STATE_DIR"


def state_folder() -> Path:
    """Return the folder, made for our eyes only; ORGSYNC_STATE_DIR names another one.

    Raise StateUnavailable when there is none that we may write to.
    """
    try:
        folder = _chosen()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows where our home is
        raise StateUnavailable(f"No state can be kept ({error}).") from error
    if not os.access(folder, os.W_OK):
        raise StateUnavailable(f"No state can be kept ({folder} is read-only).")
    return folder


def _chosen() -> Path:
    if named := os.environ.get(STATE_VARIABLE):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "orgsync"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "orgsync"


def target_name(server: str, name: str) -> str:
    """Return the name under which a target's state and token are kept; it outlives every token."""
    shown = re.sub(r"[^A-Za-z0-9.-]+", "-", name or urlsplit(server).hostname or "target")
    digest = hashlib.sha256(f"{server}\0{name}".encode()).hexdigest()
    return f"{shown}-{digest[:8]}"
