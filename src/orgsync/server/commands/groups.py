"""`orgsync admin group`: groups, their rules, and why somebody is in one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from orgsync.core.grouprules.conditions import Condition, RuleError
from orgsync.core.grouprules.parsing import parse_rule
from orgsync.core.grouprules.where import parse_where
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

if TYPE_CHECKING:
    from orgsync.server.directory.rulegroups import Why

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
BY = click.option("--by", metavar="EMAIL", help="Who asks for it; the first owner by default.")
WHERE = click.option("--where", metavar="TEXT", help='The condition as text: department_name = "Sales".')
JSON = click.option("--json", "file", type=click.File("r", encoding="utf-8"), help="A file with the rule as JSON.")


@click.group()
def group() -> None:
    """Show groups, and change the rules that fill them."""


@group.command("list")
@DATA_DIR
@ORGANIZATION
def list_groups(*, data_dir: Path, organization: str | None) -> None:
    """List the groups: name, members, and whether a rule fills it."""
    with database_ready(data_dir, organization) as actions:
        for line in actions.groups.all():
            click.echo("\t".join([line.name, f"{line.members:,}", "rule" if line.has_rule else ""]).rstrip())


@group.command()
@DATA_DIR
@ORGANIZATION
@BY
@WHERE
@JSON
@click.argument("name")
def rule(
    *,
    data_dir: Path,
    organization: str | None,
    by: str | None,
    where: str | None,
    file: TextIO | None,
    name: str,
) -> None:
    """Show the rule of the group NAME; with --where or --json, give it that rule.

    A changed rule is a job: it is planned for everybody, and held when it moves more people than usual.
    """
    condition = _condition(where, file)
    with database_ready(data_dir, organization) as actions:
        if condition is None:
            click.echo(actions.groups.rule_of(name) or "The group has no rule.")
        else:
            click.echo(f"Job {actions.groups.save_rule(name, condition, by)} is queued.")


@group.command()
@DATA_DIR
@ORGANIZATION
@WHERE
@JSON
@click.argument("name")
def preview(*, data_dir: Path, organization: str | None, where: str | None, file: TextIO | None, name: str) -> None:
    """Show who would be in the group NAME by a rule, and who would join and leave. Nothing is changed."""
    condition = _condition(where, file)
    if condition is None:
        raise click.UsageError("Give the rule with --where or --json.")
    with database_ready(data_dir, organization) as actions:
        found = actions.groups.preview_rule(name, condition)
    click.echo(f"{found.count:,} people would be in {name}: {found.joining:,} join, {found.leaving:,} leave.")
    samples = (("in", found.sample), ("joins", found.joining_sample), ("leaves", found.leaving_sample))
    for word, people in samples:
        for one in people:
            names = filter(None, (one.preferred_first_name, one.preferred_last_name))
            click.echo("\t".join([word, one.primary_email_address, " ".join(names)]).rstrip())


@group.command()
@DATA_DIR
@ORGANIZATION
@click.argument("person")
@click.argument("name")
def why(*, data_dir: Path, organization: str | None, person: str, name: str) -> None:
    """Say why PERSON (address or unique user id) is in the group NAME."""
    with database_ready(data_dir, organization) as actions:
        _print_why(actions.groups.why_member(person, name), 0)


@group.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.argument("name")
def delete(*, data_dir: Path, organization: str | None, by: str | None, name: str) -> None:
    """Delete the rule group NAME: everybody leaves it. That is a job, held like any other."""
    with database_ready(data_dir, organization) as actions:
        click.echo(f"Job {actions.groups.delete(name, by)} is queued.")


def _condition(where: str | None, file: TextIO | None) -> Condition | None:
    """Return the rule that the options give, if any; a fault in it is told as one of its option."""
    if where is not None and file is not None:
        raise click.UsageError("--where and --json: choose one.")
    option = "--where" if file is None else "--json"
    try:
        if where is not None:
            return parse_where(where)
        return None if file is None else parse_rule(json.load(file))
    except RuleError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    except ValueError as error:
        raise click.BadParameter(f"This is no JSON: {error}", param_hint=option) from error


def _print_why(found: "Why", depth: int) -> None:
    indent = "  " * depth
    words = ", ".join(found.reasons)
    click.echo(f"{indent}{found.group}: {f'by {words}' if words else 'not a member'}")
    if found.rule:
        click.echo(f"{indent}  {found.rule}")
    for inner in found.through:
        _print_why(inner, depth + 1)
