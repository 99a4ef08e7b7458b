"""Tests here work on an organization whose jobs really run, as those of the pipeline do."""

from tests.server.pipeline.conftest import db, make, own_folder, world

__all__ = ["db", "make", "own_folder", "world"]
