"""The private PostgreSQL of an orgsync data directory: found, made, started, shared and stopped."""

from orgsync.server.embedded.errors import (
    BinariesMissing,
    ClosedFolder,
    ClusterMissing,
    DatabaseFailed,
    DataDirectoryInUse,
    DataDirectoryNotOurs,
    EmbeddedPostgresError,
    UnknownAccount,
    UnsafeFolder,
    WrongVersion,
)
from orgsync.server.embedded.launcher import EmbeddedPostgres, remove_data_dir
from orgsync.server.embedded.share import embedded_database

__all__ = [
    "BinariesMissing",
    "ClosedFolder",
    "ClusterMissing",
    "DataDirectoryInUse",
    "DataDirectoryNotOurs",
    "DatabaseFailed",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "UnknownAccount",
    "UnsafeFolder",
    "WrongVersion",
    "embedded_database",
    "remove_data_dir",
]
