"""Reads steps: one verb each, with its companions."""

from collections.abc import Callable
from typing import cast

from care.domain.moments import Duration
from care.domain.steps import CONTINUE, EXIT, Branch, Exit, Rule, Scope, Step, Ticket, TicketPriority, Wait, WaitFor
from care.rulebook.assignments import read_set
from care.rulebook.checks.cases import check_branch
from care.rulebook.draft import Draft
from care.rulebook.experiments import read_split
from care.rulebook.findings import quoted
from care.rulebook.forms import Entries, example_of, fill
from care.rulebook.inventory import check_text
from care.rulebook.messages import Head, duration, read_offer, read_send, read_survey
from care.rulebook.names import simple_name
from care.rulebook.reader import Listing, Node, Pair, Section, Text
from care.rulebook.repeats import read_repeat
from care.rulebook.rules import read_rules
from care.rulebook.spelling import did_you_mean, meant
from care.rulebook.vocabulary import PRIORITIES, STEPS
from care.rulebook.waits import read_wait
from care.rulebook.webhooks import read_webhook

_NO_LENGTH = Duration(0)
_SKIP_TO = "skip to "
_COMPANION = "it belongs to the step above: write it without '- ', in the column of that step's first word"


def read_steps(pair: Pair, draft: Draft) -> tuple[Step, ...]:
    """The steps of a list; those that are broken are told and left out."""
    if not isinstance(pair.value, Listing):
        if not (isinstance(pair.value, Text) and pair.value.unread):
            hint = f"begin each step on a line of its own with '- '; {example_of(STEPS['send'])}"
            draft.findings.add("J012", pair.key, f"{quoted(pair.key.value)} is a list of steps", hint)
        return ()
    if not pair.value.items:
        draft.findings.add("J012", pair.key, f"{quoted(pair.key.value)} has no steps", "write at least one")
    return tuple(step for item in pair.value.items if (step := read_step(item, draft)) is not None)


def read_step(node: Node, draft: Draft) -> Step | None:
    """One step, or ``None`` when it cannot be made out."""
    before = len(draft.findings.problems)
    verb = _verb(node, draft)
    if verb is None or not isinstance(node, Section):
        return None
    key = next(pair.key for pair in node.pairs if pair.key.value == verb)
    entries = fill(node, STEPS[verb], draft.findings, key)
    if entries is None:
        return None
    name = _name(verb, key, entries)
    only_if = entries.node("only_if")
    condition = draft.conditions.read(only_if) if only_if is not None else None
    if name is None:
        return None
    head = Head(verb, name, _id(verb, name, entries, draft), key.line, condition)
    draft.marks[head.id] = key
    step = _READERS[verb](head, entries, draft)
    if len(draft.findings.problems) > before:
        draft.shaky.add(head.id)
    return step


def _name(verb: str, key: Text, entries: Entries) -> Text | None:
    """The word a step is named by; a ``set`` is named by the last part of the first field it sets."""
    if verb == "branch":
        return Text("", key.line, key.column)
    if verb == "set":
        value = entries.pairs[verb].value
        first = value.pairs[0].key.value if isinstance(value, Section) and value.pairs else ""
        return Text(first.rpartition(".")[2], key.line, key.column)
    return entries.text(verb)


def _verb(node: Node, draft: Draft) -> str | None:
    """The verb of a step; a step without one, or with two, is told."""
    if not isinstance(node, Section):
        if not (isinstance(node, Text) and node.unread):
            text = node.value.partition(" ")[0] if isinstance(node, Text) else ""
            hint = f"write '{text}: …'" if text in STEPS else example_of(STEPS["send"])
            draft.findings.add("J012", node, "this is not a step", hint)
        return None
    verbs = [pair.key for pair in node.pairs if pair.key.value in STEPS]
    if not verbs and node.pairs:
        first = node.pairs[0].key
        companion = any(first.value in form.names for form in STEPS.values())
        hint = _COMPANION if companion else did_you_mean(first.value, STEPS)
        draft.findings.add("J003", first, f"{quoted(first.value)} is not a step", hint)
    elif len(verbs) > 1:
        message = f"a step does one thing, and this one does two: {verbs[0].value} and {verbs[1].value}"
        draft.findings.add("J003", verbs[1], message, "begin the second with '- ' on a line of its own")
        return None
    return verbs[0].value if verbs else None


def _id(verb: str, name: Text, entries: Entries, draft: Draft) -> str:
    """The step's own name, else verb and word; a second exit for one reason is numbered, since nothing waits there."""
    text = entries.text("id")
    given = draft.findings.take(text, simple_name, text.value) if text is not None else None
    if given is None:
        given = f"{verb}:{name.value.replace('/', '-')}" if name.value else verb
    if given not in draft.marks:
        return given
    if verb == EXIT and text is None:
        number = 2
        while f"{given}#{number}" in draft.marks:
            number += 1
        return f"{given}#{number}"
    first = draft.marks[given].line
    at = text or entries.at
    message = f"two steps are called {quoted(given)} (line {first} and line {at.line}); one must be named with id:"
    draft.findings.add("J002", at, message, "add for example 'id: second_time' to this step")
    return given


def _read_ticket(head: Head, entries: Entries, draft: Draft) -> Ticket:
    draft.named(head.name, "queue", "queues")
    draft.known.check("events", "event", "ticket.closed", head.name, draft.findings)
    about, escalate = entries.text("about"), entries.text("escalate_to")
    if about is not None:
        check_text(about.value, draft.known, about, draft.findings)
    if escalate is not None:
        draft.known.check("queues", "queue", escalate.value, escalate, draft.findings)
        if "sla" not in entries:
            message = "'escalate_to' needs 'sla': the time after which the other queue takes over"
            draft.findings.add("J003", entries.key("escalate_to"), message, "add for example 'sla: 24 hours'")
    return Ticket(
        head.id,
        head.line,
        head.name.value,
        about.value if about is not None else "",
        duration(entries, "up_to", draft) or _NO_LENGTH,
        cast(TicketPriority, entries.choice("priority", PRIORITIES, "normal")),
        duration(entries, "sla", draft),
        escalate.value if escalate is not None else "",
        head.only_if,
    )


def _read_wait(head: Head, entries: Entries, draft: Draft) -> Wait | None:
    until = draft.findings.take(head.name, read_wait, head.name.value, draft.known)
    if_past = _if_past(entries, draft)
    if until is None:
        return None
    if "if_past" in entries and until.kind not in ("day", "moment"):
        message = "this wait never comes too late, so 'if_past' means nothing here"
        draft.findings.add("J003", entries.key("if_past"), message, "remove it")
    return Wait(head.id, head.line, until, head.name.value, if_past, head.only_if)


def _if_past(entries: Entries, draft: Draft) -> str:
    text = entries.text("if_past")
    if text is None or text.value in (CONTINUE, EXIT):
        return CONTINUE if text is None else text.value
    if not text.value.startswith(_SKIP_TO):
        hint = f"write 'skip to {text.value}'" if text.value in draft.paths else ""
        message = f"{quoted(text.value)} is not one of: continue, exit, skip to <path>"
        draft.findings.add("J012", text, message, hint or meant(text.value, (CONTINUE, EXIT)))
        return CONTINUE
    path = Text(text.value.removeprefix(_SKIP_TO).strip(), text.line, text.column)
    if path.value not in draft.paths:
        draft.unknown_path(path, ())
        return CONTINUE
    return path.value


def _read_wait_for(head: Head, entries: Entries, draft: Draft) -> WaitFor:
    draft.known.check("events", "event", head.name.value, head.name, draft.findings)
    when, otherwise = entries.node("when"), entries.text("otherwise")
    if otherwise is not None:
        draft.targets(otherwise)
    return WaitFor(
        head.id,
        head.line,
        head.name.value,
        duration(entries, "up_to", draft) or _NO_LENGTH,
        draft.conditions.read(when, event=True) if when is not None else None,
        cast(Scope, entries.choice("of", ("order", "customer"), "order")),
        otherwise.value if otherwise is not None else CONTINUE,
        head.only_if,
    )


def _read_branch(head: Head, entries: Entries, draft: Draft) -> Branch:
    items = entries.items("branch")
    rules = read_rules(items, draft.conditions, draft.findings)
    for rule in rules:
        draft.targets(rule.then)
    check_branch(rules, items, head.name, draft)
    whole = tuple(Rule(rule.when, rule.then.value, rule.at.line) for rule in rules if rule.whole)
    return Branch(head.id, head.line, whole, head.only_if)


def _read_exit(head: Head, entries: Entries, draft: Draft) -> Exit:
    return Exit(head.id, head.line, head.name.value, head.only_if)


_READERS: dict[str, Callable[[Head, Entries, Draft], Step | None]] = {
    "send": read_send,
    "survey": read_survey,
    "offer": read_offer,
    "ticket": _read_ticket,
    "wait": _read_wait,
    "wait_for": _read_wait_for,
    "branch": _read_branch,
    "split": read_split,
    "set": read_set,
    "webhook": read_webhook,
    "repeat": read_repeat,
    "exit": _read_exit,
}
