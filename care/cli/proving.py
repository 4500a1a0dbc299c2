"""`care rules prove`: promises held against every life the rules tell apart."""

from collections.abc import Sequence
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from care.cli.rule_files import checked
from care.cli.screen import screen
from care.domain.audit import place, why_lines
from care.domain.conditions import said
from care.domain.rulebook import Rulebook
from care.rulebook.promises import Promise
from care.rulebook.workspace import PROMISES
from care.settings import Settings
from care.spreading import cores
from care.trying.proving import Proof, Story, prove

_MARKS = {"kept": ("✓ ", "green"), "broken": ("✗ ", "bold red"), "not proven": ("? ", "yellow")}


def proofs(settings: Settings, limit: int, jobs: int) -> list[Proof]:
    """Look at every life; a progress bar shows how far it is.

    Raises:
        BrokenRulesError: Something is wrong in the rule files.
    """
    rulebook, workspace = checked(settings)
    out = screen(stderr=True)
    if not out.is_terminal:
        return _prove(rulebook, workspace.promises, limit, jobs, None)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        return _prove(rulebook, workspace.promises, limit, jobs, progress)


def _prove(
    rulebook: Rulebook, promises: Sequence[Promise], limit: int, jobs: int, progress: Progress | None
) -> list[Proof]:
    bar = progress.add_task("lives") if progress is not None else None

    def told(lived: int, done: int, parts: int) -> None:
        if progress is not None and bar is not None:
            progress.update(bar, total=parts, completed=done, description=f"{lived:,} lives")

    return prove(rulebook, promises, limit=limit, jobs=jobs or cores(), told=told)


def as_plain(found: Sequence[Proof]) -> list[dict[str, Any]]:
    """The proofs as plain values."""
    return [
        {
            "promise": proof.promise.text,
            "line": proof.promise.line,
            "verdict": proof.verdict,
            "how": proof.how,
            "story": None if proof.story is None else _plain_story(proof.story),
        }
        for proof in found
    ]


def _plain_story(story: Story) -> dict[str, Any]:
    return {
        "journey": story.journey,
        "starts": story.starts,
        "given": story.given,
        "events": [{"at": at, "event": event} for at, event in story.events],
        "broken_at": story.broken.at,
        "message": story.broken.message,
        "timeline": [{"at": entry.at, "what": entry.what, "place": place(entry)} for entry in story.timeline],
    }


def show(found: Sequence[Proof], rules_dir: str) -> None:
    """Print each promise with a mark; below a broken one, the shortest story that breaks it."""
    out = screen()
    for proof in found:
        mark, style = _MARKS[proof.verdict]
        where = f"   {rules_dir}/{PROMISES}:{proof.promise.line}" if proof.promise.line else ""
        out.print(Text(mark, style) + Text(proof.promise.text) + Text(where, "dim"), soft_wrap=True)
        if proof.story is not None:
            for line in _story_lines(proof.story):
                out.print(f"    {line}", soft_wrap=True)
    hows = dict.fromkeys(proof.how for proof in found)
    out.print()
    for how in hows:
        out.print(f"Looked at: {how}.", style="dim", soft_wrap=True)
    broken = sum(proof.verdict == "broken" for proof in found)
    text = f"{len(found)} promises, {broken or 'none'} broken"
    out.print(text, style="bold red" if broken else "green")


def _story_lines(story: Story) -> list[str]:
    zone = story.starts.tzinfo
    lines = [
        f"A customer who enters {story.journey} on {story.starts:%A %H:%M}: "
        f"{', '.join(_given(story)) or 'nothing else matters'}",
        *(f"  {at.astimezone(zone):%Y-%m-%d %H:%M}  {event}" for at, event in sorted(story.events)),
        f"breaks it at {story.broken.at.astimezone(zone):%Y-%m-%d %H:%M}: {story.broken.message}",
    ]
    for entry in story.timeline:
        if entry.at > story.broken.at:
            break
        lines.append(f"  {entry.at.astimezone(zone):%Y-%m-%d %H:%M}  {entry.what}   {place(entry)}")
        if entry.at == story.broken.at:
            lines.extend(f"      {line}" for line in why_lines(entry.why))
    return lines


def _given(story: Story) -> list[str]:
    """What is known of a story's customer, in words; last, whether messages can reach them."""
    facts, reach = [], []
    for name, value in sorted(story.given.items()):
        space, _, channel = name.partition(".")
        if space == "reach":
            reach.append(f"{'no ' if value is None else ''}address for {channel}")
        else:
            facts.append(f"{name} {said(value)}")
    return [*facts, *reach]
