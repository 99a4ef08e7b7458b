"""Build the package, and make environments with nothing else in them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EPOCH = "1577836800"


def build(folder: Path, target: str, source: Path = ROOT) -> Path:
    """Build sdist or wheel from a source tree, as a release does; return the file."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run(command, cwd=source, env=env, check=True, capture_output=True)
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


def bare_environment(folder: Path, requirements: str, wheel: Path) -> Path:
    """Make a virtual environment with one of the hashed exports and the wheel; return its interpreter."""
    python = folder / "venv" / "bin" / "python"
    # The fast path where it is, as in scripts/setup.sh, and plain pip where it is not.
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", ROOT / "requirements" / requirements], check=True)
    subprocess.run([*install, "--no-deps", wheel], check=True)
    return python


def run(python: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a module in such an environment, with none of our own settings but those given."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ORGSYNC", "DJANGO"))}
    return subprocess.run([python, "-m", *arguments], capture_output=True, text=True, env=env | more, check=False)
