"""`orgsync demo`: the whole job on this machine, with the commands that a person would type."""

import shutil
from pathlib import Path

import click

from orgsync.server.demo.company import Company
from orgsync.server.demo.server import DemoServer
from orgsync.server.demo.story import EMAIL, PASSWORD, let_learn, seed_company, tell, tell_learner
from orgsync.server.embedded import remove_data_dir


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("orgsync-demo"),
    show_default=True,
    help="Folder for everything that the demo makes; one that a demo left there before is replaced.",
)
@click.option("--people", type=click.IntRange(100, 1_000_000), default=5_000, show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--serve", "keeps_serving", is_flag=True, help="Keep the server up; a company that is there is kept.")
def demo(*, data_dir: Path, people: int, port: int, keeps_serving: bool) -> None:
    """Show the whole job: a first file, the next night's file, and a wrong file that is held."""
    data_dir = data_dir.absolute()
    company = Company(data_dir / "files", people)
    is_new = not (keeps_serving and company.is_there())
    if is_new:
        _clear(data_dir)
        company.write()
    with DemoServer.started(data_dir / "server", port=port) as server:
        if not keeps_serving:
            tell(server, company)
        elif is_new:
            seed_company(server, company)
            let_learn(server, company)
        if keeps_serving:
            click.echo(f"\nServing {company.name} on {server.url}. Data: {data_dir}. Stop with Ctrl-C.")
            click.echo(f"  As an admin     {EMAIL}, password {PASSWORD}")
            tell_learner(server)
            server.wait()


def _clear(data_dir: Path) -> None:
    """Remove what an earlier demo left; a folder that holds anything else is left alone."""
    if not data_dir.exists():
        return
    strangers = sorted(entry.name for entry in data_dir.iterdir() if entry.name not in {"files", "server"})
    if strangers:
        raise click.UsageError(
            f"{data_dir} holds {', '.join(strangers[:3])}, which no demo made; choose another --data-dir."
        )
    remove_data_dir(data_dir / "server")
    shutil.rmtree(data_dir)
