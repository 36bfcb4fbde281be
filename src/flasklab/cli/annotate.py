"""`flasklab tag` and `note`: what is written about runs."""

from __future__ import annotations

import sys

import click

from flasklab.cli.console import print_json
from flasklab.cli.desk import opened, whoever_asks
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.runs.annotations import Wish
from flasklab.services.run_record import run_record


class _Signed(click.Command):
    """Takes `+good` and `-bad` out of the arguments before click reads options from them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put what begins with one sign aside, under the names `added` and `removed`."""
        signed = [one for one in args if one[:1] in ("+", "-") and one[1:2] not in ("", "-") and one != "-h"]
        left = super().parse_args(ctx, [one for one in args if one not in signed])
        ctx.params["added"] = tuple(one[1:] for one in signed if one[0] == "+")
        ctx.params["removed"] = tuple(one[1:] for one in signed if one[0] == "-")
        return left


@click.command(cls=_Signed, short_help="Put tags on runs, or take them off.")
@click.argument("run_ids", metavar="RUN... +TAG... -TAG...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the runs as JSON.")
@setting_flags("results", "database_url")
def tag(run_ids: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...], as_json: bool) -> None:
    """Put the tags with a + on runs and take those with a - off.

    RUN is a run's id, the beginning of one, or a number. All of the runs are changed, or none.

    \b
        flasklab tag 12 13 +good -draft
        flasklab tag 12 "+for the paper"
    """
    if not added and not removed:
        raise click.UsageError("Say which tags: +good puts one on, -good takes it off.")
    _change(run_ids, Wish(add_tags=added, remove_tags=removed), as_json=as_json)


@click.command(short_help="Write the note of a run.")
@click.argument("run_id", metavar="RUN")
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@setting_flags("results", "database_url")
def note(run_id: str, text: str, as_json: bool) -> None:
    """Make TEXT the note of a run, in Markdown; "" for none, - to read it from standard input.

    \b
        flasklab note 12 "Best so far, **keep**"
        flasklab note 12 - < notes.md
    """
    wanted = sys.stdin.read() if text == "-" else text
    _change((run_id,), Wish(note=wanted), as_json=as_json)


def _change(run_ids: tuple[str, ...], wish: Wish, *, as_json: bool) -> None:
    with opened(lab_settings()) as desk:
        found = [desk.read.resolve(one).id for one in run_ids]
        for run in desk.annotate(found, wish, whoever_asks()):
            if as_json:
                print_json(run_record(run))
            else:
                click.echo(f"#{run.number} of {run.experiment}: {_words(run.tags, run.note)}")


def _words(tags: tuple[str, ...], text: str) -> str:
    first, _, rest = text.partition("\n")
    told = [*(f"[{tag}]" for tag in tags), first + (" …" if rest else "")]
    return " ".join(filter(None, told)) or "no tags, no note"
