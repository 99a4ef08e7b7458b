"""What is built from the repository is whole, the same bytes every time, and all that a server needs."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from wheels import ROOT, bare_environment, build, run

FOREIGN = (".min.js", ".min.css", ".woff", ".woff2", ".ttf", ".map")
"""How parts that others made would end; none is copied into the package, so it carries no licence but its own."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("sdist"), "sdist")


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """
    Every file of the package that is under version control is in it: templates, styles, migrations, py.typed.
    """
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name.removeprefix("src/") for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    names = names_in(wheel)

    assert tracked <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"orgsync"}
    assert not [name for name in names if "tests" in name or "__pycache__" in name]
    assert "orgsync/py.typed" in names


def test_wheel_says_what_it_is_licensed_under(wheel: Path) -> None:
    """
    Our licence is inside, and nothing that would need another one.
    """
    names = names_in(wheel)

    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert not [name for name in names if name.endswith(FOREIGN)]


def test_sdist_holds_what_it_takes_to_install_and_run(sdist: Path) -> None:
    """
    Hashed requirements, image, chart, units and pages; no tests and no pictures.
    """
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"requirements/server.txt", "Dockerfile", "compose.yaml", "docs/how-to/upgrade.md", "LICENSE"} <= names
    assert {"deploy/systemd/orgsync.service", "deploy/helm/orgsync/Chart.yaml"} <= names
    unwanted = ("tests", "docs/screenshots", "bench", "deploy/compose/secrets")
    assert not [name for name in names if name.startswith(unwanted)]


def test_the_same_source_gives_the_same_bytes(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    """
    The wheel that anybody builds from the sdist is the released one, byte for byte.
    """
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    (tmp_path / "again").mkdir()

    again = build(tmp_path / "again", "wheel", source)

    assert again.read_bytes() == wheel.read_bytes()


def test_server_from_the_wheel_is_whole_and_ready_to_deploy(wheel: Path, tmp_path: Path) -> None:
    """
    Installed from hashed requirements alone, as operators do it, every check that Django knows for deployment passes.
    """
    python = bare_environment(tmp_path, "server.txt", wheel)
    address = {"ORGSYNC_BASE_URL": "https://learning.example.com", "ORGSYNC_DATA_DIR": str(tmp_path / "data")}
    settings = {"DJANGO_SETTINGS_MODULE": "orgsync.server.settings"}

    checked = run(python, "django", "check", "--deploy", "--fail-level", "WARNING", **address, **settings)

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout
    assert run(python, "orgsync", "serve", "--help").returncode == 0
