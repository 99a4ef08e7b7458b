"""`orgsync sample`: employee files of a company that never was, with a next day and with mistakes on purpose."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from orgsync.core.sample_wrong import WrongKind


class Share(click.ParamType[float]):
    """A share of all people (0.01) or a number of them (25)."""

    name = "share|number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        if text.isdecimal():
            return int(text)
        try:
            share = float(text)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.fail(f"{text!r} is neither a number of people nor a share between 0 and 1.", param, ctx)
        return share


class Wrong(click.ParamType["WrongKind"]):
    """A kind of mistake; the catalogue of them is imported only when one is named."""

    name = "kind"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> "WrongKind":
        from orgsync.core.sample_wrong import WrongKind  # noqa: PLC0415  needs polars

        try:
            return WrongKind(str(value))
        except ValueError:
            self.fail(f"{value!r} is none of: {', '.join(WrongKind)}.", param, ctx)


@click.command()
@click.option("--people", type=click.IntRange(min=0), default=1000, show_default=True, help="People on day 1.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same company.")
@click.option("--day", type=click.IntRange(min=1), default=1, show_default=True, help="Day to write.")
@click.option("--changed", type=Share(), default="0.01", show_default=True, help="Who changes each day.")
@click.option("--joiners", type=Share(), default="0.002", show_default=True, help="Who comes each day.")
@click.option("--leavers", type=Share(), default="0.002", show_default=True, help="Who leaves each day.")
@click.option("--inactive-leavers", is_flag=True, help="Keep leavers in the file, with worker_status inactive.")
@click.option("--wrong", type=Wrong(), help="Make a mistake on purpose; “--wrong help” names the kinds.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to put it."
)
def sample(*, output: Path | None, inactive_leavers: bool, **wishes: Any) -> None:
    """Write the employee file of a made-up company to standard output, or to a file.

    The same options give the same bytes on every machine. Shares may be numbers of people instead (--leavers 3).
    """
    from orgsync.client.replacing import replacing  # noqa: PLC0415
    from orgsync.core.sample import LeaverStyle, write_sample  # noqa: PLC0415  needs polars

    wishes["leaver_style"] = LeaverStyle.INACTIVE if inactive_leavers else LeaverStyle.ABSENT
    if output is None:
        write_sample(sys.stdout.buffer, **wishes)
        return
    with replacing(output) as target:
        rows = write_sample(target, **wishes)
    click.echo(f"Wrote {output} ({rows:,} rows).", err=True)
