"""Reads repeats: a path that is walked again and again."""

from care.domain.steps import Repeat
from care.rulebook.amounts import number
from care.rulebook.company import taken
from care.rulebook.draft import Draft
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.forms import Entries
from care.rulebook.messages import Head, duration

_FEWEST, _MOST = 2, 100


def read_repeat(head: Head, entries: Entries, draft: Draft) -> Repeat:
    """A ``repeat`` step."""
    if head.name.value not in draft.paths:
        draft.unknown_path(head.name, ())
    until = entries.node("until")
    return Repeat(
        head.id,
        head.line,
        head.name.value,
        taken(entries, "times", times, draft.findings) or _FEWEST,
        duration(entries, "every", draft),
        draft.conditions.read(until) if until is not None else None,
        head.only_if,
    )


def times(text: str) -> int:
    """How often, from 2 to 100.

    Raises:
        PhraseError: J012 when it is no such number.
    """
    value = number(text.removesuffix(" times"))
    if not isinstance(value, int) or not _FEWEST <= value <= _MOST:
        hint = "a path that is walked once stands in a branch" if value == 1 else ""
        raise PhraseError("J012", f"{quoted(text)} is not a number of times from {_FEWEST} to {_MOST}", hint)
    return value
