"""Every test here starts with an organization that is gone afterwards; its transactions are real ones."""

from tests.server.pipeline.conftest import db, make, world

__all__ = ["db", "make", "world"]
