"""Which field of the source fills which column of the file."""

from orgsync.client.mapping.applying import Mapped, Mapping
from orgsync.client.mapping.findings import Finding
from orgsync.client.mapping.loading import load_mapping

__all__ = ["Finding", "Mapped", "Mapping", "load_mapping"]
