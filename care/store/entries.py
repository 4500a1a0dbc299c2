"""Audit entries as rows, with their why as compact JSON.

What follows from an entry's other columns is not written down: with every event, each journey that it does not concern
says so.
"""

from typing import Any

from sqlalchemy import Row

from care.domain.audit import Check, Entry, RuleSeen, Why
from care.domain.conditions import Clause
from care.domain.entering import UNMET

_NO_REASONS = Why()


def entry_row(decision: str, customer: str, entry: Entry) -> dict[str, Any]:
    """The row of one entry."""
    return {
        "decision": decision,
        "customer": customer,
        "kind": entry.kind,
        "at": entry.at,
        "what": "" if entry.what == _what(entry.kind, entry.journey) else entry.what,
        "journey": entry.journey,
        "enrolment": entry.enrolment,
        "step": entry.step,
        "file": entry.file,
        "line": entry.line,
        "revision": entry.revision,
        "code": entry.code,
        "reason": "" if entry.reason == UNMET.get(entry.code) else entry.reason,
        "event": entry.event or None,
        "message": entry.message,
        "channel": entry.channel,
        "template": entry.template,
        "verb": entry.verb,
        "score": entry.score,
        "until": entry.until,
        "why": why_to_json(entry.why),
    }


def entry_of(row: Row[Any]) -> Entry:
    """The entry as it was saved."""
    return Entry(
        kind=row.kind,
        at=row.at,
        what=row.what or _what(row.kind, row.journey),
        journey=row.journey,
        enrolment=row.enrolment,
        step=row.step,
        file=row.file,
        line=row.line,
        revision=row.revision,
        code=row.code,
        reason=row.reason or UNMET.get(row.code, ""),
        event=row.event or "",
        message=row.message,
        channel=row.channel,
        template=row.template,
        verb=row.verb,
        score=row.score,
        until=row.until,
        why=why_from_json(row.why),
    )


def _what(kind: str, journey: str) -> str:
    return f"{journey} → {kind.replace('_', ' ')}"


def why_to_json(why: Why) -> list[Any] | None:
    """``[rules, checks]`` as nested lists in the order of their named tuples' fields; ``None`` for no reasons."""
    # Named tuples are written as JSON lists as they stand.
    return [why.rules, why.checks] if why.rules or why.checks else None


def why_from_json(stored: list[Any] | None) -> Why:
    """The reasons that ``why_to_json`` wrote."""
    if stored is None:
        return _NO_REASONS
    rules, checks = stored
    seen = [RuleSeen(label, verdict, None if clause is None else _clause(clause)) for label, verdict, clause in rules]
    return Why(tuple(seen), tuple([Check(*check) for check in checks]))


def _clause(stored: list[Any]) -> Clause:
    text, verdict, seen, parts = stored
    return Clause(text, verdict, seen, tuple([_clause(part) for part in parts]))
