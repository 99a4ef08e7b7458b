"""Every test here has a story in an organization of its own, which is gone afterwards."""

from collections.abc import Callable

import pytest

from tests.server.pipeline.conftest import db, make  # noqa: F401  fixtures
from tests.server.pipeline.pipeline_world import World
from tests.server.undoing.undo_world import Story


@pytest.fixture
def story(make: Callable[..., World]) -> Story:  # noqa: F811  the fixture
    return Story(make())
