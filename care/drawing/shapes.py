"""What a picture of a journey is made of, before anybody decides where it stands on the paper."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "entry",
    "goal",
    "leave",
    "send",
    "survey",
    "offer",
    "ticket",
    "wait",
    "wait_for",
    "branch",
    "split",
    "set",
    "webhook",
    "repeat",
    "exit",
    "table",
    "again",
    "words",
    "end",
]


@dataclass(frozen=True, slots=True)
class Box:
    """One thing that stands in the picture.

    Attributes:
        anchor: Names the box in its picture: letters, digits and ``-`` only.
        step: Id of the step it stands for; empty for the entry, the ends and what only leads on.
        path: The path the step is written in; ``steps`` is the main list.
        line: Where the step stands in the rule file, or 0.
    """

    anchor: str
    kind: Kind
    title: str
    details: tuple[str, ...] = ()
    step: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """Things one below the other; one without things leads straight on."""

    items: "tuple[Item, ...]" = ()

    @property
    def ends(self) -> bool:
        """Whether nobody comes out at the bottom."""
        return any(_ends(item) for item in self.items)


@dataclass(frozen=True, slots=True)
class Arm:
    """One way out of a fork.

    Attributes:
        label: When it is taken, in words.
        path: The path it leads to, or empty.
    """

    label: str
    flow: Flow
    path: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """A place where ways part; those that do not end come together again below it."""

    box: Box
    arms: tuple[Arm, ...]

    @property
    def straight(self) -> int:
        """Which arm goes straight down: the one that leads on without a step of its own, else the first."""
        return next((number for number, arm in enumerate(self.arms) if not arm.flow.items), 0)


@dataclass(frozen=True, slots=True)
class Loop:
    """A flow that is walked again and again.

    Attributes:
        flow: What is walked; it comes out at the bottom.
        again: How often, in words.
        past: When nobody walks it, in words; empty when everybody does.
    """

    box: Box
    flow: Flow
    again: str
    past: str = ""


Item = Box | Fork | Loop


@dataclass(frozen=True, slots=True)
class Chart:
    """One journey, ready to be drawn.

    Attributes:
        title: What people call the journey.
        origin: The rule file, what version of it this is, and whose it is.
        early: How the journey may end whatever its step: the goal, and the events that end it.
        words: What the names of conditions mean that the picture uses, if it uses any.
    """

    journey: str
    title: str
    origin: str
    entry: Box
    early: tuple[Box, ...]
    flow: Flow
    words: Box | None = None


def boxes(chart: Chart) -> Iterator[Box]:
    """Every box of a chart, in the order a customer could meet them."""
    yield chart.entry
    yield from chart.early
    yield from _boxes(chart.flow)
    if chart.words is not None:
        yield chart.words


def _boxes(flow: Flow) -> Iterator[Box]:
    for item in flow.items:
        if isinstance(item, Box):
            yield item
            continue
        yield item.box
        for inner in [item.flow] if isinstance(item, Loop) else [arm.flow for arm in item.arms]:
            yield from _boxes(inner)


def _ends(item: Item) -> bool:
    if isinstance(item, Box):
        return item.kind == "end"
    return isinstance(item, Fork) and all(arm.flow.ends for arm in item.arms)
