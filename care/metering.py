"""What one rendering may use: steps, letters and the weight of its values; counted, so the same on every machine."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from datetime import date, time, timedelta
from decimal import Decimal
from functools import wraps
from itertools import islice
from typing import Any

from jinja2 import Undefined, pass_context
from jinja2.environment import Environment
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext
from jinja2.runtime import Context

STEPS = 300_000
WRITTEN = 1_000_000
HEAVIEST = 200_000
LONGEST_RANGE = 10_000
_PER_ITEM = 8
_PER_STEP = 16
_BITS = 4_096
_DEEPEST = 20
_PLAIN = (bool, float, Decimal, date, time, timedelta, type(None), Undefined)
_INNER = (Context, EvalContext, Environment)


class TooMuch(SecurityError):
    """A template asks for more than one message needs; the message names the limit."""


class Meter:
    """Counts what one rendering has used."""

    def __init__(self) -> None:
        self._steps = 0
        self._written = 0

    def step(self, count: int) -> None:
        """Count work done, about one for each part of an expression."""
        self._steps += count
        if self._steps > STEPS:
            raise TooMuch(f"it takes more than {STEPS:,} steps; look for a loop or a macro that repeats itself")

    def write(self, letters: int) -> None:
        """Count text written, also into a variable."""
        self._written += letters
        if self._written > WRITTEN:
            raise TooMuch(f"it writes more than {WRITTEN:,} letters; look for a loop that repeats itself")


_METER: ContextVar[Meter] = ContextVar("meter")


def begin() -> Token[Meter]:
    """Count anew, until ``end`` is given the token."""
    return _METER.set(Meter())


def end(token: Token[Meter]) -> None:
    """Count as before."""
    _METER.reset(token)


def weigh(value: object) -> int:
    """How much a value holds: its letters, and eight for each item of a list.

    Raises:
        TooMuch: When it holds more than a message needs.
        SecurityError: When it is no value but a part of a template.
    """
    if isinstance(value, str):
        weight = len(value)
    elif type(value) is int:
        weight = fitting(value.bit_length())
    elif isinstance(value, _PLAIN):
        weight = 1
    else:
        weight = _weigh_deep(value, 0, 0)
    if weight > HEAVIEST:
        raise TooMuch(f"a value holds more than {HEAVIEST:,} letters; look for text or lists that repeat themselves")
    return weight


def weighed(value: Any) -> Any:
    """The value itself; its weight is counted as steps."""
    _METER.get().step(1 + weigh(value) // _PER_STEP)
    return value


def tick(steps: int, letters: int) -> str:
    """Count one pass of a template, a block, a macro or a loop: what is in it, and its fixed text."""
    meter = _METER.get()
    meter.step(steps)
    meter.write(letters)
    return ""


def written(value: Any) -> Any:
    """A value that is about to be written; only words, numbers and dates may be."""
    if isinstance(value, str):
        _METER.get().write(len(value))
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if type(value) is int:
        fitting(value.bit_length())
    elif not isinstance(value, _PLAIN):
        raise SecurityError(f"{_kind(value)} cannot be written as it is; write a value of it, or '| join(\", \")'")
    return value


def tested(function: Callable[..., Any]) -> Callable[..., Any]:
    """A test whose arguments are weighed; it may be asked of anything, such as whether a macro is defined."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, str | list | tuple | dict):
                weighed(value)
        _METER.get().step(1)
        return function(*args, **kwargs)

    return run


@pass_context
def finalize(_context: Context, value: Any) -> Any:
    """As ``written``; because it asks for the context, Jinja does not run it while it compiles."""
    if isinstance(value, str):
        _METER.get().write(len(value))
        return value
    return written(value)


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose arguments and result are weighed; what it would yield later is a list now."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        # Jinja marks the functions that want its own objects first; wraps() has copied the mark.
        for value in (*args, *kwargs.values()):
            if not isinstance(value, _INNER):
                weighed(value)
        return weighed(listed(function(*args, **kwargs)))

    return run


def listed(values: Any) -> Any:
    """What can be gone through once, as a list; anything else as it is."""
    if isinstance(values, str | list | tuple | Mapping | range) or not hasattr(values, "__iter__"):
        return values
    return list(islice(values, LONGEST_RANGE + 1))


def fitting(bits: int) -> int:
    """The weight of a whole number.

    Raises:
        TooMuch: When it has more digits than any amount.
    """
    if bits > _BITS:
        raise TooMuch(f"a number has more than {_BITS:,} bits")
    return 1 + bits // _PER_STEP


def _weigh_deep(value: object, depth: int, so_far: int) -> int:
    """As ``weigh``, but ends early: of two lists that hold each other's copies the second is counted again."""
    if isinstance(value, range):
        return so_far + len(value)
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return so_far + 1  # a part of the context, which was there before the template
    if not isinstance(value, list | tuple | dict | set | frozenset):
        raise SecurityError(f"{_kind(value)} cannot be used as a value here")
    if depth > _DEEPEST:
        raise TooMuch(f"lists stand in one another more than {_DEEPEST} deep")
    items = (part for pair in value.items() for part in pair) if isinstance(value, dict) else iter(value)
    for item in items:
        so_far += _PER_ITEM
        if isinstance(item, list | tuple | dict | set | frozenset):
            so_far = _weigh_deep(item, depth + 1, so_far)
        else:
            so_far += weigh(item)
        if so_far > HEAVIEST:
            break
    return so_far


def _kind(value: object) -> str:
    names = {"dict": "a set of names", "list": "a list", "tuple": "a list", "Known": "a group of values"}
    return names.get(type(value).__name__, f"a {type(value).__name__.lower()}")
