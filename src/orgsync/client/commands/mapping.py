"""`orgsync map`: apply the mapping, test it, or have one proposed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgsync.client.connection import config_option, json_option
from orgsync.client.errors import BadUsage
from orgsync.client.exits import ExitCode
from orgsync.client.report import show_json
from orgsync.client.visible import visible

if TYPE_CHECKING:
    from orgsync.client.mapping import Mapping
    from orgsync.client.mapping.findings import Finding


@click.command("map")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@config_option
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the result goes. [default: mapped.csv; standard output with --suggest]",
)
@click.option("--suggest", is_flag=True, help="Propose a mapping from the headers and values of SOURCE.")
@click.option("--test", "runs_tests", is_flag=True, help="Run the test rows kept beside the mapping.")
@json_option
@click.pass_context
def map_(
    context: click.Context,
    source: Path | None,
    *,
    config: Path | None,
    output: Path | None,
    suggest: bool,
    runs_tests: bool,
    as_json: bool,
) -> None:
    """Turn SOURCE, which `orgsync pull` has written (pulled.csv), into a file with the right columns.

    Exit codes: 0 done, 1 done with rows in which a rule could not be followed, or a test failed, 2 a mapping that
    cannot be meant, 4 a source with broken rows.
    """
    if suggest and runs_tests:
        raise BadUsage("--suggest and --test are two things to do; choose one.")
    if suggest:
        _suggest(_given(source), output, as_json=as_json)
    elif runs_tests:
        context.exit(_test(_load(config), as_json=as_json))
    else:
        context.exit(_apply(_load(config), _given(source), output or Path("mapped.csv"), as_json=as_json))


def _load(config: Path | None) -> "Mapping":
    from orgsync.client.config import load_table  # noqa: PLC0415
    from orgsync.client.mapping import load_mapping  # noqa: PLC0415

    folder, table = load_table(config, "mapping")
    return load_mapping(table, base=folder)


def _given(source: Path | None) -> Path:
    found = source or Path("pulled.csv")
    if not found.is_file():
        raise BadUsage(f"There is no {found}. Name the source's file, or make it with: orgsync pull")
    return found


def _apply(mapping: "Mapping", source: Path, output: Path, *, as_json: bool) -> ExitCode:
    from orgsync.client.replacing import replacing  # noqa: PLC0415

    with replacing(output) as target:
        mapped = mapping.apply(source, target)
    code = ExitCode.ROW_ERRORS if mapped.rows_in_error else ExitCode.DONE
    if as_json:
        facts = {"rows_in": mapped.rows_in, "rows_out": mapped.rows_out, "rows_left_out": mapped.rows_left_out}
        found = [_finding_facts(finding) for finding in mapped.findings]
        rest = {"rows_in_error": mapped.rows_in_error, "columns": list(mapped.columns), "findings": found}
        show_json({**facts, **rest, "output": str(output), "exit_code": code})
        return code
    for finding in mapped.findings:
        click.echo(_finding_line(finding))
    click.echo(
        f"{mapped.rows_in:,} rows in, {mapped.rows_out:,} out, {mapped.rows_left_out:,} left out, "
        f"{mapped.rows_in_error:,} in error. Wrote {output}."
    )
    return code


def _finding_line(finding: "Finding") -> str:
    rows = f"row {finding.first_row}" if finding.count == 1 else f"{finding.count:,} rows, first {finding.first_row}"
    cells = ", ".join(repr(cell) for cell in finding.examples if cell)
    shown = f" There stands: {cells}." if cells else ""
    return visible(f"{finding.severity} [{finding.column}] {finding.rule}: {finding.message} ({rows}){shown}")


def _finding_facts(finding: "Finding") -> dict[str, object]:
    return {
        "severity": finding.severity,
        "column": finding.column,
        "rule": finding.rule,
        "message": finding.message,
        "first_row": finding.first_row,
        "count": finding.count,
        "examples": list(finding.examples),
    }


def _test(mapping: "Mapping", *, as_json: bool) -> ExitCode:
    from orgsync.client.mapping.testing import run_tests  # noqa: PLC0415

    ran = run_tests(mapping)
    failed = [test for test in ran if test.differences]
    code = ExitCode.ROW_ERRORS if failed else ExitCode.DONE
    if as_json:
        show_json({"tests": [{"name": t.name, "differences": list(t.differences)} for t in ran], "exit_code": code})
        return code
    for test in failed:
        click.echo(visible(f"FAILED {test.name}"))
        for difference in test.differences:
            click.echo(visible(f"  {difference}"))
    click.echo(f"{len(ran) - len(failed)} of {len(ran)} tests passed.")
    return code


def _suggest(source: Path, output: Path | None, *, as_json: bool) -> None:
    from orgsync.client.mapping.suggesting import suggest  # noqa: PLC0415
    from orgsync.client.mapping.suggestiontoml import as_toml  # noqa: PLC0415
    from orgsync.client.replacing import replacing  # noqa: PLC0415
    from orgsync.client.sources.tabular import read_frame  # noqa: PLC0415

    proposal = suggest(read_frame(source, name=str(source)))
    if as_json:
        show_json(proposal.facts())
        return
    text = as_toml(proposal)
    if output is None:
        click.echo(text)
        return
    with replacing(output) as target:
        target.write(text.encode())
    click.echo(f"Wrote {output}.", err=True)
