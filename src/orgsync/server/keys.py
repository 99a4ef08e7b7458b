"""The key that signs sessions and links, and those that did before."""

import os
import secrets
from pathlib import Path

from orgsync.server import env


def signing_key(data_dir: Path) -> str:
    """Return ORGSYNC_SECRET_KEY, or the key kept in the data directory, made there on first use (mode 600).

    Several machines that share a database must share the variable.
    """
    if given := env.env_optional_secret("ORGSYNC_SECRET_KEY"):
        return given
    path = data_dir / "secret.key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"secret.key.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(draft, path)  # whoever comes first wins; the file is never seen half written
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def former_signing_keys() -> list[str]:
    """Return the keys of ORGSYNC_SECRET_KEY_FALLBACKS or of its file, parted by blanks or lines.

    They still open and verify, but no longer sign.
    """
    return (env.env_optional_secret("ORGSYNC_SECRET_KEY_FALLBACKS") or "").split()
