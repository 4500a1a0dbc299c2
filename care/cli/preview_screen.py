"""A tried journey on the screen: who it was tried on, the timeline with its reasons, and every message."""

from collections import Counter
from collections.abc import Iterator

from rich.panel import Panel
from rich.text import Text

from care.cli.screen import screen
from care.cli.timeline import entry_blocks
from care.web.trial import Letter, Trial

_WIDEST = 100
_NAME, _VALUE = 26, 18


def show_trial(trial: Trial, *, why: bool, messages: bool) -> None:
    """Print a trial.

    Args:
        why: Whether to show each rule and guard-rail with the values it saw.
        messages: Whether to show every message in full.
    """
    out, told = screen(), trial.told
    out.print(Text(told.plan.title or told.plan.journey, style="bold"))
    out.print(Text(_customer(trial)))
    for line in (*_assumed(trial), Text()):
        out.print(line, soft_wrap=True)
    for block in entry_blocks(told.entries, told.zone, why=why):
        for line in block:
            out.print(line, soft_wrap=True)
    out.print()
    if messages:
        for number, letter in enumerate(trial.letters, 1):
            out.print(_panel(number, letter, trial), width=min(out.width, _WIDEST))
    for letter in trial.letters:
        if letter.fault and not messages:
            out.print(Text(f"{letter.template} by {letter.channel}: {letter.fault}", style="red"), soft_wrap=True)
    for note in told.notes:
        out.print(Text(note, style="yellow"), soft_wrap=True)
    out.print(_end(trial))


def _customer(trial: Trial) -> str:
    told = trial.told
    begins = told.starts.astimezone(told.zone)
    types = ", ".join(told.types.values())
    known = (told.name, types, told.locale, told.zone.key, f"from {begins:%a} {begins.day} {begins:%b %Y %H:%M}")
    return " · ".join(part for part in known if part)


def _assumed(trial: Trial) -> Iterator[Text]:
    for name, value in trial.told.given.items():
        yield Text(f"  {name:<{_NAME}} {value}")
    for assumed in trial.told.assumed:
        line = Text(f"  {assumed.name:<{_NAME}} {assumed.value:<{_VALUE}} ", style="dim")
        line.append(f"assumed: {assumed.why}" if assumed.why else "assumed", style="dim italic")
        yield line


def _panel(number: int, letter: Letter, trial: Trial) -> Panel:
    at = letter.at.astimezone(trial.told.zone)
    kind = "reminder, " if letter.reminder else ""
    title = f"{number}. {at:%a} {at.day} {at:%b %H:%M} · {kind}{letter.channel} · {letter.offer or letter.template}"
    if letter.fault:
        body = Text(f"It cannot be written: {letter.fault}", style="red")
    else:
        body = Text(f"{letter.subject}\n\n" if letter.subject else "", style="bold")
        body.append(letter.text.strip(), style="not bold")
        for line in letter.advice:
            body.append(f"\n\n{line}", style="not bold dim")
    return Panel(
        body,
        title=Text(title, style="bold"),
        title_align="left",
        subtitle=Text(_weight(letter)),
        subtitle_align="right",
        border_style="red" if letter.fault else "dim",
    )


def _weight(letter: Letter) -> str:
    """What a message weighs and costs: ``2 segments, UCS-2, 132 units · 700 dong``."""
    if letter.fault:
        return "not sent"
    if letter.segments is None:
        return letter.cost_words
    parts = letter.segments
    count = f"{parts.parts} segment{'' if parts.parts == 1 else 's'}"
    return f"{count}, {letter.encoding_words}, {parts.units} units · {letter.cost_words}"


def _end(trial: Trial) -> Text:
    if not trial.told.entered:
        return Text("This customer is not let in.", style="bold red")
    counts = Counter(letter.channel for letter in trial.letters)
    kinds = ", ".join(f"{count} {channel}" for channel, count in counts.items())
    total = len(trial.letters)
    words = f"{total} message{'' if total == 1 else 's'}" + (f" ({kinds})" if kinds else "")
    return Text(f"{words}; together {trial.cost_words}", style="bold" if trial.sound else "bold red")
