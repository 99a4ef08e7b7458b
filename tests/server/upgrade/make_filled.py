"""
Make the filled database of a release: run in a checkout of that release, in its environment, from its top folder.

    PYTHONPATH=src:. python .../tests/server/upgrade/make_filled.py filled.sql.gz

People with groups, licenses and managers, who moved and left; an undone job, a held one, and one that waits in the
queue. The file is plain SQL, so that any later version of PostgreSQL takes it in.
"""

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from orgsync.server.embedded import EmbeddedPostgres, remove_data_dir
from orgsync.server.embedded.binaries import find_binaries

FIRST = """
    primary_email_address,unique_user_id,first_name,work_title,groups,license_english_status,manager_email
    ana@example.com,E1,Ana,Head,Kitchen,active,
    bo@example.com,E2,Bo,Cook,Kitchen;Night,active,ana@example.com
    cy@example.com,E3,Cy,Cook,Night,active,ana@example.com
    di@example.com,E4,Di,Cook,,,bo@example.com
    ed@example.com,E5,Ed,Cook,,active,bo@example.com
    fe@example.com,E6,Fe,Cook,,,bo@example.com
"""
SECOND = FIRST.replace("Bo,Cook", "Bo,Chef").replace("    fe@example.com,E6,Fe,Cook,,,bo@example.com\n", "")
WRONG = "\n".join(SECOND.split("\n")[:4])
WAITING = SECOND.replace("Cy,Cook", "Cy,Baker")


def main(target: Path) -> None:
    """Start a private database, fill it, write it out."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-filled-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres.start(folder / "database")
    os.environ |= {
        "ORGSYNC_DATABASE_URL": server.url,
        "ORGSYNC_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "orgsync.server.settings",
    }
    try:
        _fill()
        target.write_bytes(gzip.compress(_dump(server.url).encode(), mtime=0))
    finally:
        server.stop()
        remove_data_dir(folder / "database")


def _fill() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    # Models can be imported only now.
    from orgsync.server.uploads.undoing import start_undo
    from tests.server.pipeline.pipeline_world import MONDAY, make_world

    world = make_world()
    world.send(FIRST)
    world.run(start_undo(world.send(SECOND), by=world.owner, now=MONDAY))
    # The feed is on hold after an undo, until somebody approves.
    world.run(world.approve(world.send(SECOND)))
    world.send(WRONG)
    world.upload(WAITING)


def _dump(url: str) -> str:
    program = next(found.program("pg_dump") for found in find_binaries() if found.program("pg_dump").is_file())
    command = [program, f"--dbname={url}", "--inserts", "--rows-per-insert=500", "--no-owner", "--no-privileges"]
    dumped = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # Commands of psql, and a setting that older servers do not have.
    lines = (line for line in dumped.splitlines() if not line.startswith(("\\", "SET transaction_timeout", "--")))
    return "\n".join(line for line in lines if line) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
