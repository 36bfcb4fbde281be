"""`flasklab check`: says what is wrong with this lab and how to mend it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from flasklab.cli.checks import check_lab
from flasklab.cli.console import console, print_json
from flasklab.cli.entrance import WHERE, lab_settings, setting_flags
from flasklab.cli.findings import Finding
from flasklab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNS = {"ok": ("ok   ", "green"), "note": ("note ", "yellow"), "wrong": ("wrong", "bold red")}


@click.command(short_help="Say what is wrong with this lab.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags(*WHERE)
def check(as_json: bool) -> None:
    """Say what is wrong with this lab and how to mend it.

    The exit status is 1 if something is wrong, 0 if not; notes do not count.
    """
    findings = []
    for finding in _findings():
        findings.append(finding)
        if not as_json:
            _print(finding)
    wrong = any(finding.state == "wrong" for finding in findings)
    if as_json:
        print_json({"ok": not wrong, "checks": [asdict(finding) for finding in findings]})
    raise click.exceptions.Exit(1 if wrong else 0)


def _findings() -> Iterator[Finding]:
    try:
        settings = lab_settings()
    except SettingsError as error:
        yield Finding(name="settings", state="wrong", message=str(error))
        return
    yield Finding(name="settings", state="ok", message=f"The lab is {settings.root}.")
    yield from check_lab(settings)


def _print(finding: Finding) -> None:
    sign, style = _SIGNS[finding.state]
    out = console()
    out.print(sign, style=style, end="  ")
    out.print(f"{finding.name:<12} {finding.message}")
    if finding.mend:
        out.print(f"{'':<20} {finding.mend}", style="dim")
