"""Audit entries: every decision with its why, and how it reads to a support lead."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from care.domain.conditions import Clause, Verdict

EntryKind = Literal[
    "entered",
    "not_entered",
    "waiting",
    "branched",
    "set",
    "calling",
    "called",
    "not_called",
    "repeated",
    "moved",
    "not_moved",
    "sending",
    "sent",
    "skipped",
    "held",
    "deferred",
    "retrying",
    "failed",
    "unknown",
    "settled",
    "asked",
    "reminded",
    "answered",
    "unanswered",
    "heard",
    "ticket",
    "ticket_closed",
    "escalated",
    "redeemed",
    "exited",
    "paused",
    "resumed",
    "alert",
    "data_quality",
]


class RuleSeen(NamedTuple):
    """One rule of a step as it was judged; ``clause`` is ``None`` for ``otherwise``."""

    label: str
    verdict: Verdict
    clause: Clause | None = None


class Check(NamedTuple):
    """One guard-rail's verdict in words."""

    name: str
    passed: bool
    text: str


class Why(NamedTuple):
    """The reasons of one entry: rules in order, then guard-rails in order."""

    rules: tuple[RuleSeen, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(slots=True)
class Entry:
    """One line of a customer's timeline.

    Attributes:
        what: The short phrase after the time, for example ``branch → continue``.
        code: A countable word for why something did not happen, for example ``no_consent``.
        reason: The same in a sentence.
        file: Rule file, ``line`` and ``revision`` say where the rule stands.
        event: Inbox id of the event that caused it, or empty.
        message: Key of the message order it speaks of, or empty.
        until: When it goes on (UTC), for waits and holds.
        channel: Channel of the message, or empty.
        template: Template, offer or queue name the entry is about, or empty.
        score: The answer given, for ``answered``.
    """

    kind: EntryKind
    at: datetime
    what: str
    journey: str = ""
    enrolment: str = ""
    step: str = ""
    file: str = ""
    line: int = 0
    revision: int = 0
    code: str = ""
    reason: str = ""
    event: str = ""
    message: str = ""
    channel: str = ""
    template: str = ""
    verb: str = ""
    score: float | None = None
    until: datetime | None = None
    why: Why = field(default_factory=Why)


MESSAGE_VERBS = frozenset({"send", "survey", "offer"})

_CODES = {
    "only_if": "not wanted by the rule (only_if)",
    "none_chosen": "the table chose none",
    "no_consent": "no consent to marketing",
    "no_address": "no address on any channel",
    "no_channel": "a channel the shop has not",
    "no_template": "no version for the channel",
    "suppressed": "opted out or a dead address",
    "quiet_hours": "quiet hours lasted too long",
    "capped": "too many messages lately",
    "no_window": "quiet hours leave no time of day",
    "policy_window": "outside the hours the law allows",
    "policy_cap": "as many as the law allows",
    "policy_consent": "not the consent the law asks for",
    "policy_sender": "no sender the law allows",
    "policy_identity": "the law wants the company shown",
    "expired": "too late",
    "unhappy": "an unhappy answer stands",
    "offered_before": "offered before",
    "ticket_open": "a ticket was open",
    "not_trigger": "not what the journey is for",
    "not_audience": "not its audience",
    "re_entry": "was in it before",
    "entry_stopped": "nobody enters it for now",
    "journey_paused": "its journey was paused",
    "done_before": "done before the customer was moved",
    "no_counterpart": "the new plan has no such step",
    "plan_lacks": "the new plan names what is no longer there",
    "holdout": "held out of the experiment",
}


def code_words(code: str) -> str:
    """A reason's code as people say it."""
    return _CODES.get(code) or code.replace("_", " ") or "no reason was noted"


_MARK: dict[Verdict, str] = {True: "✓", False: "✗", None: "?"}
_WORD: dict[Verdict, str] = {True: "matched", False: "no", None: "not known"}


def why_lines(why: Why) -> list[str]:
    """The explanation as indented lines: rules with the values they saw, then guard-rails."""
    lines: list[str] = []
    for rule in why.rules:
        lines.append(f"{rule.label}: {_WORD[rule.verdict]}")
        if rule.clause is not None:
            top = rule.clause
            parts = top.parts if top.text == "all of" else (top,)
            for part in parts:
                lines.extend(_clause_lines(part, "   "))
    lines.extend(f"{_MARK[check.passed]} {check.text}" for check in why.checks)
    return lines


def _clause_lines(clause: Clause, indent: str) -> list[str]:
    seen = f"  (it is {clause.seen})" if clause.seen else ""
    lines = [f"{indent}{_MARK[clause.verdict]} {clause.text}{seen}"]
    for part in clause.parts:
        lines.extend(_clause_lines(part, indent + "  "))
    return lines


def place(entry: Entry) -> str:
    """Where the rule stands: ``washing_machine_care.yaml:47 @ v3``; ``@ draft`` before it is published."""
    if not entry.file:
        return ""
    version = f"v{entry.revision}" if entry.revision else "draft"
    return f"{entry.file}:{entry.line} @ {version}"
