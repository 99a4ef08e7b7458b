"""The `orgsync` command. Nothing heavy is imported here: `orgsync --help` has to be quick."""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Final

import click

from orgsync.client.connection import JSON_KEY
from orgsync.client.errors import ClientError
from orgsync.client.exits import ExitCode
from orgsync.client.visible import visible
from orgsync.core.errors import OrgSyncError, UnreadableFile

CLIENT_COMMANDS: Final = {
    "pull": ("orgsync.client.commands.pull:pull", "Read the source to a local file."),
    "map": ("orgsync.client.commands.mapping:map_", "Turn a source's columns into those of the file; propose how."),
    "check": ("orgsync.client.commands.check:check", "Find everything that is wrong with a file, offline."),
    "init": ("orgsync.client.commands.init:init", "Write a commented orgsync.toml."),
    "plan": ("orgsync.client.commands.push:plan", "Say what a file would change, and change nothing."),
    "push": ("orgsync.client.commands.push:push", "Check a file, plan and guard it, send it, fetch the results."),
    "run": ("orgsync.client.commands.run:run", "From the source to the target in one step, for cron."),
    "status": ("orgsync.client.commands.jobs:status", "Say where an upload job stands."),
    "watch": ("orgsync.client.commands.jobs:watch", "Watch an upload job until it is settled."),
    "results": ("orgsync.client.commands.jobs:results", "Fetch the results file of a job."),
    "approve": ("orgsync.client.commands.decide:approve", "Approve a job that an orgsync server holds."),
    "reject": ("orgsync.client.commands.decide:reject", "Reject a job that an orgsync server holds."),
    "undo": ("orgsync.client.commands.decide:undo", "Undo a job of an orgsync server."),
    "token": ("orgsync.client.commands.token:token", "Keep the access token in the keyring or a file."),
    "doctor": ("orgsync.client.commands.doctor:doctor", "Check everything that a nightly run needs."),
    "forget": ("orgsync.client.commands.forget:forget", "Remove what is remembered of a target."),
    "sample": ("orgsync.client.commands.sample:sample", "Write a realistic employee file of any size."),
    "template": ("orgsync.client.commands.template:template", "Write an empty file with the right headers."),
}
"""Where each command of the client lives, and what it does."""

SERVER_COMMANDS: Final = {
    "serve": "Run the server on this machine.",
    "web": "Run web processes of a larger installation.",
    "worker": "Run worker processes of a larger installation.",
    "admin": "Manage organizations, admins and data.",
    "demo": "Show the whole job on this machine.",
}
"""Commands of the server's package; it declares them as entry points of `COMMAND_GROUP`."""

COMMAND_GROUP: Final = "orgsync.commands"


class LazyGroup(click.Group):
    """Imports a command when it is called, not when it is listed, and turns our exceptions into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [*CLIENT_COMMANDS, *SERVER_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name in CLIENT_COMMANDS:
            module, _, name = CLIENT_COMMANDS[cmd_name][0].partition(":")
            command = getattr(import_module(module), name)
            return command if isinstance(command, click.Command) else None
        return _server_command(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        client = ((name, text) for name, (_, text) in CLIENT_COMMANDS.items())
        _write_section(formatter, "Commands", client)
        _write_section(formatter, "Commands of the server (orgsync[server])", SERVER_COMMANDS.items())

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OrgSyncError as problem:
            code = _exit_code(problem)
            if ctx.meta.get(JSON_KEY):
                from orgsync.client.report import show_json  # noqa: PLC0415

                show_json({"error": str(problem), "exit_code": code})
            click.echo(f"Error: {visible(str(problem))}", err=True)
            ctx.exit(code)


def _write_section(formatter: click.HelpFormatter, title: str, rows: Iterable[tuple[str, str]]) -> None:
    with formatter.section(title):
        formatter.write_dl(list(rows))


def _exit_code(problem: OrgSyncError) -> ExitCode:
    if isinstance(problem, ClientError):
        return problem.exit_code
    return ExitCode.REJECTED if isinstance(problem, UnreadableFile) else ExitCode.UNREACHABLE


def _server_command(name: str) -> click.Command | None:
    """Load a command that the server's package declares; one that says how to install it when it is missing."""
    from importlib.metadata import entry_points  # noqa: PLC0415  slow, and only the server's commands need it

    found = next(iter(entry_points(group=COMMAND_GROUP, name=name)), None)
    if found is None:
        return _missing_server(name) if name in SERVER_COMMANDS else None
    try:
        command = found.load()
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "orgsync":
            raise
        return _missing_server(name)
    return command if isinstance(command, click.Command) else None


def _missing_server(name: str) -> click.Command:
    @click.command(name, context_settings={"ignore_unknown_options": True}, add_help_option=False)
    @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
    def missing(rest: tuple[str, ...]) -> None:  # noqa: ARG001
        raise click.UsageError(f"“{name}” needs the server: pip install 'orgsync[server]'")

    return missing


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="orgsync")
def cli() -> None:
    """Keep a learning platform's people in step with HR."""


def main() -> None:
    """Run the command and leave with its exit code."""
    try:
        answer = cli.main(standalone_mode=False)
        code = answer if isinstance(answer, int) else ExitCode.DONE
    except click.ClickException as problem:
        problem.show()
        code = problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. A job that was started goes on; the same command goes on with it.", err=True)
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader, a pager perhaps, has gone; nothing more may be written when Python leaves.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001  Python would leave with 1, which promises that the file was applied
        sys.excepthook(*sys.exc_info())
        code = ExitCode.CRASHED
    sys.exit(code)
