"""Every test here starts with one organization of its own."""

import pytest
from directory_world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def committed_world(transactional_db: None) -> World:
    """Return a world whose every write is a transaction of its own, as in production."""
    return make_world()
