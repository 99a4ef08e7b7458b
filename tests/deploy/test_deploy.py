"""What is deployed keeps its promises: no root, no writable system, secrets as files, time to end in order."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from orgsync.server.serve import GRACE

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CHART = ROOT / "deploy" / "helm" / "orgsync"
RENDERED = sorted(HERE.glob("rendered-*.yaml"))
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
OWN_IMAGE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]


def objects(rendering: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(rendering.read_text(encoding="utf-8")) if found]


def pods(rendering: Path) -> dict[str, dict[str, Any]]:
    """Return the specification of each pod by the name of what makes it."""
    found = (made for made in objects(rendering) if made["kind"] in {"Deployment", "Job"})
    return {made["metadata"]["name"]: made["spec"]["template"]["spec"] for made in found}


def hash_of_chart() -> str:
    """Return what `scripts/check-deploy.sh` writes over a rendering."""
    files = [path for path in CHART.rglob("*") if path.is_file()] + [*HERE.glob("values-*.yaml")]
    names = sorted(path.relative_to(ROOT).as_posix() for path in files)
    lines = [f"{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("rendering", RENDERED, ids=lambda path: path.stem)
def test_rendering_is_of_the_chart_as_it_is(rendering: Path) -> None:
    """
    Helm's own work is looked at here; whoever changes the chart has Helm do it again.
    """
    assert rendering.read_text(encoding="utf-8").splitlines()[0].split()[-1] == hash_of_chart(), (
        "The chart was changed: bash scripts/check-deploy.sh --write"
    )


@pytest.mark.parametrize("rendering", RENDERED, ids=lambda path: path.stem)
def test_pods_are_restricted(rendering: Path) -> None:
    """
    The Pod Security Standard "restricted", a read-only root, and no token of the cluster.
    """
    for pod in pods(rendering).values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            limits = container["securityContext"]
            assert limits["capabilities"] == {"drop": ["ALL"]}
            assert (limits["allowPrivilegeEscalation"], limits["readOnlyRootFilesystem"]) == (False, True)
            assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("rendering", RENDERED, ids=lambda path: path.stem)
def test_secrets_reach_pods_as_files(rendering: Path) -> None:
    """
    No address with a password and no key is a variable.
    """
    for pod in pods(rendering).values():
        names = {entry["name"] for container in pod["containers"] for entry in container["env"]}
        assert {"ORGSYNC_DATABASE_URL_FILE", "ORGSYNC_SECRET_KEY_FILE"} <= names
        assert not names & {"ORGSYNC_DATABASE_URL", "ORGSYNC_SECRET_KEY", "ORGSYNC_SMTP_URL"}


@pytest.mark.parametrize("rendering", RENDERED, ids=lambda path: path.stem)
def test_pods_have_time_to_end_and_are_asked_how_they_are(rendering: Path) -> None:
    """
    More time than our processes take to drain; web pods get calls only when they are ready.
    """
    found = pods(rendering)
    for part in ("web", "worker"):
        assert found[f"orgsync-{part}"]["terminationGracePeriodSeconds"] >= GRACE + 15
    (web,) = found["orgsync-web"]["containers"]
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert found["orgsync-migration"]["containers"][0]["args"] == ["admin", "migrate"]


def test_all_values_bring_every_kind_of_object() -> None:
    """
    Nothing of the chart is left out of what is looked at.
    """
    made = {found["kind"] for found in objects(HERE / "rendered-all.yaml")}
    written = {
        kind
        for file in CHART.glob("templates/*.yaml")
        for kind in re.findall(r"^kind: (\w+)", file.read_text(), re.MULTILINE)
    }

    assert made == written


@pytest.mark.parametrize("name", ["web", "worker", "migration", "try"])
def test_containers_of_compose_are_shut_in(name: str) -> None:
    """
    Our own services run as user 10001 on a read-only root, without privileges.
    """
    service = OWN_IMAGE[name]

    assert (service["user"], service["read_only"], service["cap_drop"]) == ("10001:10001", True, ["ALL"])
    assert not {"ORGSYNC_DATABASE_URL", "ORGSYNC_SECRET_KEY"} & set(service.get("environment", {}))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_shut_in_and_have_time_to_end(unit: Path) -> None:
    """
    An account of its own, nothing of the system to write to, no secret in the environment.
    """
    lines = unit.read_text(encoding="utf-8").splitlines()

    assert {"User=orgsync", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077"} <= {
        *lines
    }
    for line in lines:
        if line.startswith("TimeoutStopSec="):
            assert int(line.removeprefix("TimeoutStopSec=").removesuffix("s")) > GRACE


def test_one_version_is_written_everywhere() -> None:
    """
    Package, image, compose file and chart are of one release.
    """
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))

    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)
    assert f"ARG VERSION={VERSION}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert OWN_IMAGE["web"]["image"] == f"orgsync:${{ORGSYNC_VERSION:-{VERSION}}}"


def test_image_installs_by_hash_and_names_no_index() -> None:
    """
    Every package that pip fetches is one that the exports name; none of the files tells where from.
    """
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    installs = re.findall(r"pip\S* .*?install (.*?)(?: \\|$)", text, re.MULTILINE)

    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    assert "://" not in text
    assert "USER 10001:10001" in text
