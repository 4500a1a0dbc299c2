"""Lines: numbers and dates, cut where tests change their answer."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import ceil, floor, inf
from typing import cast

from care.domain.catalogue import DAY, Field
from care.domain.conditions import Test
from care.rulebook.amounts import number_words, share_words
from care.rulebook.checks.cells import listed

# A cut lies just before a value (0) or just after it (1): (5, 0) < 5 < (5, 1).
Cut = tuple[float, int]
Span = tuple[Cut, Cut]

EVERYTHING: Span = ((-inf, 0), (inf, 1))
_FEW = 3
_UNITS = ((DAY, "day"), (3_600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Line:
    """Cells in the order of their values.

    Attributes:
        cuts: Where cells begin and end, from the smallest value there is to the largest: one more than cells.
        spans: The stretches on which a test holds.
        say: A stretch in words; several when it is a few values.
    """

    cuts: tuple[Cut, ...]
    spans: Callable[[Test], list[Span]]
    say: Callable[[Span], list[str]]

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.cuts) - 1

    def holding(self, test: Test) -> int:
        """The cells in which a test, without its ``not``, holds."""
        mask = 0
        for span in self.spans(test):
            start, end = _within(span, (self.cuts[0], self.cuts[-1]))
            if start < end:
                mask |= (1 << bisect_left(self.cuts, end)) - (1 << bisect_left(self.cuts, start))
        return mask

    def words(self, mask: int) -> str:
        """The cells as stretches, neighbours joined; or the one stretch that is not among them."""
        inside, outside = self._stretches(mask), self._stretches(mask ^ (1 << self.size) - 1)
        if len(outside) == 1 < len(inside) and len(self.say(outside[0])) == 1:
            return f"not {self.say(outside[0])[0]}"
        return listed([words for span in inside for words in self.say(span)])

    def _stretches(self, mask: int) -> list[Span]:
        changes = mask ^ mask << 1
        edges = [cut for cell, cut in enumerate(self.cuts) if changes >> cell & 1]
        return list(zip(edges[::2], edges[1::2], strict=True))


def amounts(field: Field, tests: Iterable[Test]) -> Line:
    """The line of a number or a percentage, within the range the catalogue gives."""
    everything = _range(field)
    spans = partial(_amount_spans, whole=field.whole)
    return Line(_cuts(tests, spans, everything), spans, partial(_say_amounts, field=field, everything=everything))


def moments(tests: Iterable[Test]) -> Line:
    """The line of a date as seconds from now; what is past is negative."""
    return Line(_cuts(tests, _moment_spans, EVERYTHING), _moment_spans, _say_moments)


def days(tests: Iterable[Test]) -> Line:
    """The line of a date as days of the calendar."""
    return Line(_cuts(tests, _day_spans, EVERYTHING), _day_spans, _say_days)


def _cuts(tests: Iterable[Test], spans: Callable[[Test], list[Span]], everything: Span) -> tuple[Cut, ...]:
    stretches = [_within(span, everything) for test in tests for span in spans(test)]
    return tuple(sorted({*everything, *(cut for start, end in stretches if start < end for cut in (start, end))}))


def _within(span: Span, other: Span) -> Span:
    return max(span[0], other[0]), min(span[1], other[1])


def _range(field: Field) -> Span:
    """Every value of a number; a range that is upside down is no range."""
    start, end = EVERYTHING
    if field.low is not None:
        start = (ceil(field.low) if field.whole else field.low, 0)
    if field.high is not None:
        end = (floor(field.high) + 1, 0) if field.whole else (field.high, 1)
    return (start, end) if start < end else EVERYTHING


def _amount_spans(test: Test, whole: bool) -> list[Span]:
    first, last = EVERYTHING
    args = cast(tuple[float, ...], test.args)

    def after(value: float) -> Cut:
        return (value + 1, 0) if whole else (value, 1)

    match test.op:
        case "is" | "one of":
            return [((value, 0), after(value)) for value in args]
        case "between":
            return [((args[0], 0), after(args[1]))]
        case "at least":
            return [((args[0], 0), last)]
        case "more than":
            return [(after(args[0]), last)]
        case "at most":
            return [(first, after(args[0]))]
        case "less than":
            return [(first, (args[0], 0))]
        case _:
            return []


def _moment_spans(test: Test) -> list[Span]:
    args = cast(tuple[int, ...], test.args)
    match test.op:
        case "in the last":
            return [((-args[0], 0), (0, 1))]
        case "more ago":
            return [(EVERYTHING[0], (-args[0], 0))]
        case "in the next":
            return [((0, 0), (args[0], 1))]
        case _:
            return []


def _day_spans(test: Test) -> list[Span]:
    match test.op:
        case "before":
            return [(EVERYTHING[0], (_ordinal(test), 0))]
        case "after":
            return [((_ordinal(test) + 1, 0), EVERYTHING[1])]
        case _:
            return []


def _ordinal(test: Test) -> int:
    return date.fromisoformat(cast(str, test.args[0])).toordinal()


def _say_amounts(span: Span, field: Field, everything: Span) -> list[str]:
    words = share_words if field.type == "percent" else number_words
    (low, _), (high, _) = span
    if field.whole and high - low <= _FEW:
        return [words(int(low) + more) for more in range(int(high - low))]
    if low == high:
        return [words(low)]
    least, most = _least(span[0], field.whole), _most(span[1], field.whole)
    lower = "" if span[0] == everything[0] else f"{'at least' if least[1] else 'more than'} {words(least[0])}"
    upper = "" if span[1] == everything[1] else f"{'at most' if most[1] else 'less than'} {words(most[0])}"
    if lower and upper and least[1] and most[1]:
        return [f"between {words(least[0])} and {words(most[0])}"]
    return [" and ".join(bound for bound in (lower, upper) if bound)]


def _least(cut: Cut, whole: bool) -> tuple[float, bool]:
    """The number a stretch begins with, and whether it belongs to it; of two whole numbers the rounder one."""
    value, side = cut
    if whole and _digits(value - 1) < _digits(value):
        return value - 1, False
    return value, side == 0


def _most(cut: Cut, whole: bool) -> tuple[float, bool]:
    """The number a stretch ends with, as ``_least``."""
    value, side = cut
    if whole and _digits(value - 1) <= _digits(value):
        return value - 1, True
    return value, side == 1


def _digits(value: float) -> int:
    """How many digits people would remember of a number: 10,000,000 has one."""
    return max(1, len(f"{value:.0f}".lstrip("-").rstrip("0")))


def _say_moments(span: Span) -> list[str]:
    start, end = span[0][0], span[1][0]
    if start >= 0:
        return [_one_side(start, end, "in the next", "ahead", "after now")]
    if end <= 0:
        return [_one_side(-end, -start, "in the last", "ago", "before now")]
    if end == inf:
        return [f"not more than {_length(-start)} ago"]
    if start == -inf:
        return [f"not more than {_length(end)} ahead"]
    return [f"in the last {_length(-start)}", f"in the next {_length(end)}"]


def _one_side(near: float, far: float, within: str, away: str, any_time: str) -> str:
    """A stretch that lies on one side of now."""
    if far == 0:
        return "exactly now"
    if near == 0:
        return any_time if far == inf else f"{within} {_length(far)}"
    if far == inf:
        return f"more than {_length(near)} {away}"
    (least, unit), (most, other) = _length(near).split(), _length(far).split()
    return f"between {least} {'' if unit.rstrip('s') == other.rstrip('s') else f'{unit} '}and {most} {other} {away}"


def _length(seconds: float) -> str:
    unit, name = next(each for each in _UNITS if seconds % each[0] == 0)
    count = int(seconds // unit)
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _say_days(span: Span) -> list[str]:
    start, end = span[0][0], span[1][0]
    if start == -inf:
        return [f"before {_day(end)}"]
    if end == inf:
        return [f"after {_day(start - 1)}"]
    return [f"on {_day(start)}" if end - start == 1 else f"between {_day(start)} and {_day(end - 1)}"]


def _day(ordinal: float) -> str:
    return date.fromordinal(int(min(max(1, ordinal), date.max.toordinal()))).isoformat()
