"""Reads a journey file into a plan."""

from dataclasses import dataclass, replace
from typing import cast

from care.domain.catalogue import DAY
from care.domain.conditions import Condition
from care.domain.journey import MAIN, EndRule, Plan, Rank, ReEntry, Sending, Table, Trigger
from care.domain.steps import Scope, Step
from care.rulebook.checks.cases import check_conditions, check_table
from care.rulebook.checks.flow import check_flow
from care.rulebook.checks.journey import check_journey
from care.rulebook.company import e_mail_address, taken
from care.rulebook.conditions import Conditions
from care.rulebook.draft import Beside, Draft
from care.rulebook.durations import fixed
from care.rulebook.findings import Findings, PhraseError, Placed, quoted
from care.rulebook.forms import Entries, fill
from care.rulebook.messages import after_phrase
from care.rulebook.names import Known, simple_name
from care.rulebook.reader import Node, Text
from care.rulebook.sending import read_sending
from care.rulebook.spelling import meant
from care.rulebook.steps import read_steps
from care.rulebook.tables import read_table
from care.rulebook.versions import plan_hash
from care.rulebook.vocabulary import CHANNELS, EXIT_RULE, GOAL, JOURNEY, PRIORITIES, TRIGGER

_PLAIN: dict[str, ReEntry] = {
    "never": ReEntry("never"),
    "always": ReEntry("always"),
    "once per order": ReEntry("once per order"),
}
_RE_ENTRY = (*_PLAIN, "after 30 days")


def read_journey(root: Node, name: str, known: Known, findings: Findings, beside: Beside) -> Plan | None:
    """The plan of a journey file, or ``None`` when anything in it is wrong.

    Args:
        name: The file's name without its ending, which the journey must have.
    """
    entries = fill(root, JOURNEY, findings)
    if entries is None:
        return None
    draft = _draft(entries, known, findings, beside)
    plan = _plan(entries, name, draft)
    check_flow(plan, draft, root)
    check_conditions(draft.conditions, known, findings)
    check_journey(plan, draft, root)
    return None if findings.broken else replace(plan, hash=plan_hash(plan))


def _draft(entries: Entries, known: Known, findings: Findings, beside: Beside) -> Draft:
    definitions = entries.sections("define")
    for pair in definitions:
        findings.take(pair.key, simple_name, pair.key.value)
    draft = Draft(known, findings, Conditions(known, findings, definitions), beside.inventory)
    for pair in entries.sections("paths"):
        findings.take(pair.key, simple_name, pair.key.value)
        draft.paths[pair.key.value] = pair
    for pair in entries.sections("tables"):
        draft.tables[pair.key.value] = read_table(pair, draft.conditions, findings, beside.sheets)
        _refuse_namesake(pair.key, draft)
        check_table(draft.tables[pair.key.value], draft)
    return draft


def _refuse_namesake(table: Text, draft: Draft) -> None:
    """A table's name stands where other names stand, so it may not be one of them."""
    catalogue = draft.known.catalogue
    for what, names in (
        ("a template", catalogue.templates),
        ("an offer", catalogue.offers),
        ("a queue", catalogue.queues),
        ("a path", draft.paths),
        ("a channel", CHANNELS),
    ):
        if table.value in names:
            message = f"{quoted(table.value)} is the name of {what} already"
            draft.findings.add("J002", table, message, "give the table a name of its own")


def _plan(entries: Entries, name: str, draft: Draft) -> Plan:
    findings = draft.findings
    journey = entries.text("journey")
    if journey is not None and journey.value != name:
        message = f"the journey is called {quoted(journey.value)}, but the file is called '{name}.yaml'"
        findings.add("J010", journey, message, f"write 'journey: {name}', or rename the file")
    elif journey is not None:
        findings.take(journey, simple_name, journey.value)
    trigger = _trigger(entries, draft)
    audience = entries.node("audience")
    plan = Plan(
        journey=name,
        title=entries.word("title", name),
        owner=taken(entries, "owner", e_mail_address, findings) or "",
        file=f"{name}.yaml",
        trigger=trigger,
        paths={},
        audience=draft.conditions.read(audience, event=True) if audience is not None else None,
        audience_line=entries.key("audience").line if "audience" in entries else 0,
        re_entry=_re_entry(entries, findings),
        goal=_goal(entries, draft),
        exit_when=_exit_when(entries, draft),
        tables=_tables(draft),
        priority=cast(Rank, entries.choice("priority", PRIORITIES, "normal")),
        sending=_sending(entries, draft),
    )
    return replace(plan, paths=_paths(entries, draft))


def _tables(draft: Draft) -> dict[str, Table]:
    return {name: table.table for name, table in draft.tables.items()}


def _paths(entries: Entries, draft: Draft) -> dict[str, tuple[Step, ...]]:
    paths = {MAIN: read_steps(entries.pairs[MAIN], draft) if MAIN in entries else ()}
    return paths | {name: read_steps(pair, draft) for name, pair in draft.paths.items()}


@dataclass(frozen=True)
class _Heard:
    """An event that is listened for."""

    event: str
    when: Condition | None


def _heard(entries: Entries, draft: Draft) -> _Heard:
    event, when = entries.text("event"), entries.node("when")
    if event is not None:
        draft.known.check("events", "event", event.value, event, draft.findings)
    condition = draft.conditions.read(when, event=True) if when is not None else None
    return _Heard(event.value if event is not None else "", condition)


def _trigger(entries: Entries, draft: Draft) -> Trigger:
    node = entries.node("trigger")
    inner = fill(node, TRIGGER, draft.findings, entries.key("trigger")) if node is not None else None
    if inner is None:
        return Trigger("")
    heard = _heard(inner, draft)
    return Trigger(heard.event, heard.when, entries.key("trigger").line)


def _goal(entries: Entries, draft: Draft) -> EndRule | None:
    node = entries.node("goal")
    inner = fill(node, GOAL, draft.findings, entries.key("goal")) if node is not None else None
    return None if inner is None else _end_rule(inner, entries.key("goal"), draft)


def _exit_when(entries: Entries, draft: Draft) -> tuple[EndRule, ...]:
    rules = []
    for item in entries.items("exit_when"):
        inner = fill(item, EXIT_RULE, draft.findings)
        if inner is not None:
            rules.append(_end_rule(inner, item, draft))
    return tuple(rules)


def _end_rule(entries: Entries, at: Placed, draft: Draft) -> EndRule:
    heard = _heard(entries, draft)
    of = cast(Scope, entries.choice("of", ("order", "customer"), "order"))
    within = taken(entries, "within", fixed, draft.findings)
    return EndRule(heard.event, heard.when, of, within.seconds if within is not None else None, at.line)


def _sending(entries: Entries, draft: Draft) -> Sending | None:
    node = entries.node("sending")
    return None if node is None else read_sending(node, entries.key("sending"), draft.known, draft.findings)


def _re_entry(entries: Entries, findings: Findings) -> ReEntry:
    text = entries.text("re_entry")
    return ReEntry() if text is None else findings.take(text, re_entry, text.value) or ReEntry()


def re_entry(text: str) -> ReEntry:
    """When a customer may enter again.

    Raises:
        PhraseError: J011 when it is none of the four ways, J012 or J013 when its time cannot be read.
    """
    if text in _PLAIN:
        return _PLAIN[text]
    if not text.startswith("after"):
        message = f"{quoted(text)} is not one of: {', '.join(_RE_ENTRY)}"
        raise PhraseError("J011", message, meant(text, _RE_ENTRY))
    seconds = fixed(after_phrase(text)).seconds
    if seconds % DAY:
        raise PhraseError("J012", f"{quoted(text)} is not a number of days", "write for example: after 30 days")
    return ReEntry("after", seconds)
