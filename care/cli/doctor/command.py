"""The command itself: everything is looked at at once, and told area by area."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import typer

from care.cli.customers import AsJson
from care.cli.screen import print_json, screen

if TYPE_CHECKING:
    from care.cli.doctor.findings import Finding
    from care.settings import Settings

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}


def doctor(as_json: AsJson = False) -> None:
    """Find what is wrong with this installation and say what to do; exit 1 when something is broken."""
    from dataclasses import asdict

    from care.cli.doctor.findings import worst

    findings = _findings()
    verdict = worst(findings)
    if as_json:
        print_json({"verdict": verdict, "findings": [asdict(each) for each in findings]})
    else:
        _show(findings)
    if verdict == "broken":
        raise typer.Exit(1)


def _findings() -> "list[Finding]":
    from care.cli.doctor import installation
    from care.cli.doctor.findings import Area
    from care.cli.progress import progress
    from care.settings import CONFIG_FILE, SettingsError, load_settings

    try:
        settings = load_settings()
    except SettingsError as trouble:
        words = f"mend it in the environment or in {CONFIG_FILE}, then ask again"
        return [Area("settings").broken("settings", str(trouble), words)]
    with progress("Looking at everything", 6) as beat:
        found = list(guarded("installation", installation.look(settings, os.environ)))
        beat(1)
        return [*found, *asyncio.run(_asked(settings, beat))]


def guarded(name: str, findings: "Iterable[Finding]") -> "Iterator[Finding]":
    """Findings up to the end, or up to what nobody foresaw: that is a finding, too, and the rest is still looked at."""
    from care.cli.doctor.findings import Area

    try:
        yield from findings
    except Exception as trouble:
        words = "see whether this user may read what the settings name; else report it with 'care --version'"
        yield Area(name).broken("look", f"could not be looked at to the end ({type(trouble).__name__})", words)


async def _asked(settings: "Settings", beat: Callable[[int], None]) -> "list[Finding]":
    from care.cli.doctor import engine, mailing, phones, storing, writing

    async def threaded(name: str, look: "Callable[[Settings], Iterable[Finding]]") -> "list[Finding]":
        found = await asyncio.to_thread(lambda: list(guarded(name, look(settings))))
        beat(1)
        return found

    async def listened(name: str, findings: "AsyncIterator[Finding]") -> "list[Finding]":
        found = []
        try:
            async for each in findings:
                found.append(each)
        except Exception as trouble:
            found += guarded(name, _raising(trouble))
        beat(1)
        return found

    groups = await asyncio.gather(
        threaded("store", storing.look),
        listened("temporal", engine.look(settings)),
        listened("e-mail", mailing.look(settings)),
        threaded("providers", phones.look),
        threaded("rules", writing.look),
    )
    found = [each for group in groups for each in group]
    areas = list(dict.fromkeys(each.area for each in found))
    return sorted(found, key=lambda each: areas.index(each.area))


def _raising(trouble: Exception) -> "Iterator[Finding]":
    yield from ()
    raise trouble


def _show(findings: "list[Finding]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    area = ""
    for each in findings:
        if each.area != area:
            table.add_row("", Text(each.area, style="bold"), "")
        area = each.area
        mark, colour = _MARKS[each.verdict]
        told = Text(each.found)
        if each.do:
            told.append(f"\n→ {each.do}", style=colour)
        table.add_row(Text(mark, style=colour), f"  {each.what}", told)
    out = screen()
    out.print(table)
    counts = {verdict: sum(each.verdict == verdict for each in findings) for verdict in _MARKS}
    out.print(f"\n{counts['ok']} fine, {counts['warning']} to look at, {counts['broken']} broken")
