"""Tests of SCIM share the world of the pipeline's: an organization that is gone afterwards."""

from collections.abc import Callable

import pytest

from tests.server.pipeline.conftest import db, make, own_folder
from tests.server.scim.scim_world import Provider

__all__ = ["db", "make", "own_folder"]


@pytest.fixture
def provider(make: Callable[..., object], own_folder: None) -> Provider:
    return Provider(make())
