"""`orgsync admin`: set up and manage an installation without a browser."""

import sys
from pathlib import Path

import click

from orgsync.core.model import Mode
from orgsync.server.commands.approving import approvals
from orgsync.server.commands.auditing import audit, verify_audit
from orgsync.server.commands.backing import backup, migrate, restore
from orgsync.server.commands.editing import claims, duplicates, order, person, protect
from orgsync.server.commands.encrypting import rotate_encryption_key
from orgsync.server.commands.erasing import erase, erasures, lift_erasure
from orgsync.server.commands.freeing import remove_second_factor
from orgsync.server.commands.groups import group
from orgsync.server.commands.guarding import blackout, guard, guards
from orgsync.server.commands.learning import learner_link, sample_learner, sample_learning, verify_learning
from orgsync.server.commands.leaving import patience, retention
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR
from orgsync.server.commands.sandboxing import reset_sandbox, sandbox
from orgsync.server.commands.undoing import people, release, undo

MODES = click.Choice([mode.value for mode in Mode])
ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
BY = click.option("--by", metavar="EMAIL", help="Who decides; the first owner by default.")


@click.group()
def admin() -> None:
    """Manage organizations, feeds, tokens and held jobs."""


@admin.command()
@DATA_DIR
@click.option("--organization", required=True, help="Name of the organization.")
@click.option("--email", required=True, help="Address of its first owner.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def setup(*, data_dir: Path, organization: str, email: str, password_stdin: bool) -> None:
    """Make an organization with its first owner."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with database_ready(data_dir, organization) as actions:
        actions.set_up(email, password)
    click.echo(f"{organization} is set up; {email} is its owner.", err=True)


@admin.group(invoke_without_command=True)
@DATA_DIR
@ORGANIZATION
@click.option("--name", help="Name of the feed.")
@click.option("--mode", type=MODES, default=Mode.CHANGES.value, show_default=True)
@click.pass_context
def feed(context: click.Context, /, *, data_dir: Path, organization: str | None, name: str | None, mode: str) -> None:
    """Make a feed, or show the one of that name."""
    if context.invoked_subcommand is not None:
        return
    if name is None:
        raise click.UsageError("Missing option '--name'.")
    with database_ready(data_dir, organization) as actions:
        made = actions.make_feed(name, mode)
        click.echo(f"{made.name}\t{made.mode}")


@admin.command()
@DATA_DIR
@ORGANIZATION
@click.option("--name", required=True, help="Name of the token.")
@click.option("--feed", help="Feed that it belongs to; made when --mode is given.")
@click.option("--mode", type=MODES, help="Mode of the feed, when it does not exist yet.")
@click.option("--expires-days", type=click.IntRange(1, 3650), default=365, show_default=True)
@click.option("--scope", multiple=True, default=("sync",), show_default=True, help="May be given several times.")
@click.option("--notify", default="", help="Further addresses for results, comma separated.")
@click.option("--email-me/--no-email-me", default=True, help="Mail results to the owner who makes the token.")
def token(
    *,
    data_dir: Path,
    organization: str | None,
    name: str,
    feed: str | None,
    mode: str | None,
    expires_days: int,
    scope: tuple[str, ...],
    notify: str,
    email_me: bool,
) -> None:
    """Make an access token and print it, alone, on standard output. It is shown this once."""
    with database_ready(data_dir, organization) as actions:
        text = actions.make_access_token(
            name,
            feed=feed,
            mode=mode,
            expires_days=expires_days,
            scopes=scope,
            notify=notify,
            emails_creator=email_me,
        )
    click.echo(text)


@admin.command()
@DATA_DIR
@ORGANIZATION
def tokens(*, data_dir: Path, organization: str | None) -> None:
    """List the access tokens: how each begins, its name, feed, expiry and last use."""
    with database_ready(data_dir, organization) as actions:
        for token in actions.list_tokens():
            state = (
                "revoked" if token.revoked_at else f"expires {token.expires_at:%Y-%m-%d}" if token.expires_at else ""
            )
            used = f"last used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            click.echo("\t".join([f"{token.prefix}…", token.name, str(token.feed), state, used]))


@admin.command()
@DATA_DIR
@ORGANIZATION
@click.argument("prefix")
def revoke(*, data_dir: Path, organization: str | None, prefix: str) -> None:
    """Revoke the access token that begins with PREFIX."""
    with database_ready(data_dir, organization) as actions:
        name = actions.revoke_token(prefix)
    click.echo(f"The token {name} is revoked.")


@admin.command()
@DATA_DIR
@ORGANIZATION
@click.option("--header", required=True, help="The license column that names the pool: license_<type>_status.")
@click.option("--name", help="Name to show.")
@click.option("--seats", type=click.IntRange(0), help="Number of seats; without it there is no limit.")
def pool(*, data_dir: Path, organization: str | None, header: str, name: str | None, seats: int | None) -> None:
    """Make a license pool, or change its seats."""
    with database_ready(data_dir, organization) as actions:
        made = actions.make_pool(header, name, seats)
        click.echo(f"{made.key}\t{made.name}\t{'no limit' if made.seats is None else made.seats}")


@admin.command()
@DATA_DIR
@ORGANIZATION
@click.option("--count", type=click.IntRange(1, 1000), default=20, show_default=True)
def jobs(*, data_dir: Path, organization: str | None, count: int) -> None:
    """List the latest upload jobs, the newest first."""
    with database_ready(data_dir, organization) as actions:
        for job in actions.list_jobs(count):
            counts = f"{job.total_count:,} rows, {job.updated_count:,} updated, {job.deleted_count:,} deleted"
            line = [str(job.public_id), f"{job.created_at:%Y-%m-%d %H:%M}", job.feed.name, job.status, counts]
            click.echo("\t".join(line))


@admin.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option(
    "--additions-only",
    is_flag=True,
    help="Apply now what takes nothing away; the rest becomes a held job of its own.",
)
@click.argument("job", type=int)
def approve(*, data_dir: Path, organization: str | None, by: str | None, additions_only: bool, job: int) -> None:
    """Approve the plan that JOB is held with; it is then applied."""
    with database_ready(data_dir, organization) as actions:
        is_approved = actions.approve(job, by, additions_only=additions_only)
    what = f"The additions of job {job} are" if additions_only else f"Job {job} is"
    click.echo(f"{what} approved and queued." if is_approved else f"{what} approved by the first of two people.")


@admin.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option("--why", default="", help="Kept in the job's history.")
@click.argument("job", type=int)
def reject(*, data_dir: Path, organization: str | None, by: str | None, why: str, job: int) -> None:
    """Reject the held JOB; nothing of it is applied."""
    with database_ready(data_dir, organization) as actions:
        actions.reject(job, by, why)
    click.echo(f"Job {job} is rejected.")


@admin.command()
@DATA_DIR
@ORGANIZATION
@click.argument("job", type=int)
@click.option("--lines", type=click.IntRange(0), default=3, show_default=True, help="Examples of each kind to show.")
@click.option("--since-approval", is_flag=True, help="Show only what the plan that was approved before does not have.")
def plan(*, data_dir: Path, organization: str | None, job: int, lines: int, since_approval: bool) -> None:
    """Show what JOB changes, or would change."""
    with database_ready(data_dir, organization) as actions:
        actions.print_plan(job, lines, since_approval=since_approval)


admin.add_command(approvals)
admin.add_command(audit)
admin.add_command(verify_audit)
admin.add_command(backup)
admin.add_command(restore)
admin.add_command(migrate)
admin.add_command(blackout)
admin.add_command(group)
admin.add_command(claims)
admin.add_command(duplicates)
admin.add_command(guard)
admin.add_command(person)
admin.add_command(protect)
feed.add_command(order)
admin.add_command(guards)
admin.add_command(erase)
admin.add_command(erasures)
admin.add_command(lift_erasure)
admin.add_command(patience)
admin.add_command(retention)
admin.add_command(people)
admin.add_command(release)
admin.add_command(rotate_encryption_key)
admin.add_command(undo)
admin.add_command(sample_learning)
admin.add_command(verify_learning)
admin.add_command(learner_link)
admin.add_command(remove_second_factor)
admin.add_command(sample_learner)
admin.add_command(sandbox)
admin.add_command(reset_sandbox)
