"""The key that a back-up needs; read before Django is set up."""

import shutil
from pathlib import Path

from orgsync.core.errors import OrgSyncError
from orgsync.server import env
from orgsync.server.backups.manifest import KEY


class WrongKey(OrgSyncError):
    """The signing key is not the one that the back-up was made with, so sealed secrets could not be read."""

    def __init__(self) -> None:
        super().__init__(
            "The signing key is another one than the back-up was made with. Put the right one into secret.key of the "
            "data directory, or name it by ORGSYNC_SECRET_KEY_FILE."
        )


def place_key(folder: Path, data_dir: Path) -> None:
    """Put the key of a back-up that holds one into the data directory, unless there is a key already.

    Call it before Django reads its settings: without any key they would make a new one. Raises WrongKey then.
    """
    target = data_dir / KEY
    if env.env_optional_secret("ORGSYNC_SECRET_KEY") or target.exists():
        return
    if not (folder / KEY).is_file():
        raise WrongKey
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    shutil.copyfile(folder / KEY, target)
