"""Whether the web process of this machine answers: `python -m orgsync.server.healthcheck`, for containers."""

import sys
from typing import Final

from orgsync.server.env import env_int
from orgsync.server.transport import answers

DEFAULT_PORT: Final = 8080


def main() -> int:
    """Return 0 when /healthz answers on this machine, with TLS or without, else 1."""
    port = env_int("ORGSYNC_PORT", DEFAULT_PORT, minimum=1, maximum=65_535)
    is_well = any(answers(f"{scheme}://127.0.0.1:{port}") for scheme in ("http", "https"))
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
