"""gunicorn's lines in the form of all others. Its access log is our line `request`, which knows route, id and token."""

from typing import Any

from gunicorn.glogging import Logger

from orgsync.server import env
from orgsync.server.monitoring import logs


class PlainLogger(Logger):  # type: ignore[misc]  # it brings no types
    """Leaves writing to the handler of the whole process."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logs.configure(env.log_settings())
        for logger in (self.error_log, self.access_log):
            logger.handlers, logger.propagate = [], True
