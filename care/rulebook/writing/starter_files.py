"""The text of a new journey file and of its test file, from their parts."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from care.domain.catalogue import Template

_PLAIN = re.compile(r"[^\W\d_][\w/.-]*(?: [\w/.-]+)*")
_HEAD = "# yaml-language-server: $schema=../schema/{}.json"
_STARTS = "2026-03-02 10:00"


@dataclass
class Story:
    """A test: what is given besides, the events that happen, and what must follow, line by line."""

    name: str
    expect: list[str]
    happens: list[str] = field(default_factory=list)
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Parts:
    """A journey in the making.

    Attributes:
        wide: Lines between the trigger and the steps.
        exit_when: Events that end the journey.
        paths: Lines below ``paths``.
        given: What every story gives of its customer.
    """

    title: str
    wide: list[str] = field(default_factory=list)
    exit_when: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    stories: list[Story] = field(default_factory=list)


def journey_text(journey: str, event: str, owner: str, parts: Parts) -> str:
    """The journey file."""
    top = [_HEAD.format("journey"), f"journey: {journey}", f"title: {written(parts.title)}"]
    top += [f"owner: {owner}"] if owner else []
    entry = "once per order" if event.startswith("order.") else "after 30 days"
    lines = [*top, "", "trigger:", f"  event: {event}", f"re_entry: {entry}"]
    lines += ["exit_when:", *(f"  - event: {end}" for end in parts.exit_when)] if parts.exit_when else []
    lines += [*parts.wide, "", "steps:", *_indented(parts.steps)]
    lines += ["", "paths:", *_indented(parts.paths)] if parts.paths else []
    return "\n".join(lines) + "\n"


def tests_text(journey: str, parts: Parts) -> str:
    """The test file."""
    lines = [_HEAD.format("test"), f"journey: {journey}", "tests:"]
    for number, story in enumerate(parts.stories):
        given = {**parts.given, **story.given}
        lines += [""] if number else []
        lines += [f"  - test: {written(story.name)}", f"    starts: {_STARTS}"]
        lines += [f"    given: {{{', '.join(f'{name}: {value}' for name, value in given.items())}}}"] if given else []
        lines += ["    happens:", *_indented(story.happens, 6)] if story.happens else []
        lines += ["    expect:", *_indented(story.expect, 6)]
    return "\n".join(lines) + "\n"


def carried(template: Template, words: Mapping[str, str]) -> list[str]:
    """The lines of a step that say how its message travels."""
    by, *others = template.channels
    given = ", ".join(f"{name}: {value}" for name, value in words.items())
    fallback = [f"  fallback: {' then '.join(others)}"] if others else []
    return [f"  by: {by}", *fallback, *([f"  with: {{{given}}}"] if given else [])]


def written(text: str) -> str:
    """A text as YAML holds it: in quotes only where it needs them."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _indented(lines: Iterable[str], by: int = 2) -> list[str]:
    return [" " * by + line if line else "" for line in lines]
