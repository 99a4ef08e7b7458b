"""Where employees come from."""

from orgsync.client.sources.base import Pulled, Source
from orgsync.client.sources.opening import open_source

__all__ = ["Pulled", "Source", "open_source"]
