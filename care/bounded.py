"""The filters and operators of templates: those of Jinja's that a message needs, none of which makes much of little."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import filters, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext

from care.metering import HEAVIEST, LONGEST_RANGE, TooMuch, counted, fitting, weigh, weighed, written

_MANY = 1_000
_PRECISE = 15
_KEPT = (
    *("abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first", "float"),
    *("indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr"),
    *("replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string", "striptags", "sum"),
    *("title", "trim", "truncate", "unique", "upper", "urlencode", "wordcount"),
)


def bounded_range(*bounds: int) -> range:
    """``range`` of a loop in a message."""
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise TooMuch(f"a range has more than {LONGEST_RANGE:,} numbers")
    return numbers


def add(left: Any, right: Any) -> Any:
    """``left + right``."""
    weighed(left)
    weighed(right)
    return weighed(left + right)


def multiply(left: Any, right: Any) -> Any:
    """``left * right``, also of text."""
    for value, times in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(value, str | list | tuple) and weigh(value) * times > HEAVIEST:
            raise TooMuch(f"'*' makes a value of more than {HEAVIEST:,} letters")
    fitting(_bits(left) + _bits(right))
    return weighed(left * right)


def power(left: Any, right: Any) -> Any:
    """``left ** right``."""
    if isinstance(left, int) and isinstance(right, int):
        fitting(_bits(left) * abs(right))
    return weighed(left**right)


def remainder(left: Any, right: Any) -> Any:
    """``left % right`` of numbers."""
    if isinstance(left, str):
        raise SecurityError("'%' works on numbers; join text with '~', and write numbers with '| number' or '| money'")
    return left % right


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"+": add, "*": multiply, "**": power, "%": remainder}


@pass_eval_context
def _join(context: EvalContext, value: Any, d: str = "", attribute: str | int | None = None) -> str:
    if isinstance(value, Sequence):
        _refuse_heavy(weigh(value) + len(value) * weigh(d), "join")
    return str(filters.sync_do_join(context, value, d, attribute))


@pass_eval_context
def _replace(context: EvalContext, s: Any, old: str, new: str, count: int | None = None) -> str:
    text = str(written(s))
    _refuse_heavy(len(text) + (text.count(old) + 1) * weigh(new), "replace")
    return filters.do_replace(context, s, old, new, count)


def _center(value: Any, width: int = 80) -> str:
    return filters.do_center(str(written(value)), _few(width))


def _indent(s: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    text = str(written(s))
    margin = _few(width) if isinstance(width, int) else weigh(width)
    _refuse_heavy(len(text) + (text.count("\n") + 1) * margin, "indent")
    return filters.do_indent(s, width, first, blank)


def _round(value: Any, precision: int = 0, method: Any = "common") -> float:
    if abs(precision) > _PRECISE:
        raise TooMuch(f"'round' knows at most {_PRECISE} decimals")
    return filters.do_round(value, precision, method)


def _sum(values: Any, attribute: str | int | None = None, start: float = 0) -> Any:
    picked = [value[attribute] for value in values] if attribute is not None else list(values)
    if not all(isinstance(value, int | float) for value in (*picked, start)):
        raise SecurityError("'sum' adds numbers only")
    return sum(picked, start)


def _batch(value: Any, linecount: int, fill_with: Any = None) -> Any:
    return filters.do_batch(value, _few(linecount), fill_with)


def _slice(value: Any, slices: int, fill_with: Any = None) -> Any:
    return filters.sync_do_slice(value, _few(slices), fill_with)


def _string(value: Any) -> str:
    return str(written(value))


_OWN: Mapping[str, Callable[..., Any]] = {
    "batch": _batch,
    "center": _center,
    "indent": _indent,
    "join": _join,
    "replace": _replace,
    "round": _round,
    "slice": _slice,
    "string": _string,
    "sum": _sum,
}
FILTERS: Mapping[str, Callable[..., Any]] = {
    name: counted(_OWN.get(name, filters.FILTERS[name])) for name in _KEPT if name in filters.FILTERS
}


def _few(count: int) -> int:
    if abs(count) > _MANY:
        raise TooMuch(f"{count} is more than {_MANY:,}; a message never needs so many")
    return count


def _refuse_heavy(weight: int, name: str) -> None:
    if weight > HEAVIEST:
        raise TooMuch(f"'{name}' makes a value of more than {HEAVIEST:,} letters")


def _bits(value: object) -> int:
    return value.bit_length() if isinstance(value, int) else 0
