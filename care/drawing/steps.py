"""What a step's box says: a line that names it, and what else a marketer has to know of it."""

from typing import NamedTuple, assert_never

from care.domain.catalogue import Catalogue
from care.domain.conditions import said as said_value
from care.domain.journey import Plan
from care.domain.moments import For
from care.domain.steps import (
    CONTINUE,
    Assignment,
    Branch,
    Exit,
    OfferStep,
    Repeat,
    Send,
    SetStep,
    Split,
    Step,
    Survey,
    Ticket,
    Wait,
    WaitFor,
    Webhook,
)
from care.drawing.wording import listed, said


class Words(NamedTuple):
    """The words of a box."""

    title: str
    details: tuple[str, ...] = ()


def words_of(step: Step, plan: Plan, catalogue: Catalogue | None) -> Words:
    """The words of any step; with a catalogue, what kind of message it sends."""
    title, details = _words(step, _Names(plan, catalogue))
    if step.only_if is not None and not isinstance(step, Exit):
        details = (*details, f"only if {said(step.only_if)}")
    return Words(title, tuple(detail for detail in details if detail))


def again(step: Repeat) -> str:
    """How often a path is repeated."""
    return f"up to {step.times} times" + (f", every {step.every.text}" if step.every is not None else "")


class _Names:
    """The names a plan uses, with what its tables make of them."""

    def __init__(self, plan: Plan, catalogue: Catalogue | None) -> None:
        self._plan = plan
        self._catalogue = catalogue

    def name(self, name: str) -> str:
        """A name, or whose choice it is."""
        return f"what table {name} chooses" if name in self._plan.tables else name

    def choices(self, name: str, column: str) -> str:
        """What a table may choose; nothing for a plain name."""
        table = self._plan.tables.get(name)
        if table is None or column not in table.choose:
            return ""
        at = table.choose.index(column)
        return f"one of: {listed(list(dict.fromkeys(row.values[at] for row in table.rows)), 'or')}"

    def channels(self, by: tuple[str, ...]) -> str:
        """``by email, else sms``."""
        return f"by {', else '.join(self.name(channel) for channel in by)}" if by else ""

    def purpose(self, template: str) -> str:
        """What kind of message a template is, where that is known."""
        known = self._catalogue.templates.get(template) if self._catalogue is not None else None
        return known.purpose if known is not None else ""


def _words(step: Step, names: _Names) -> Words:  # noqa: C901 - one dispatch over all verbs
    match step:
        case Send():
            return _send(step, names)
        case Survey():
            return _survey(step, names)
        case OfferStep():
            return _offer(step, names)
        case Ticket():
            return _ticket(step, names)
        case Wait():
            return Words(f"wait {step.text}" if isinstance(step.until, For) else step.text)
        case WaitFor():
            return _wait_for(step)
        case Branch():
            return Words("Which way?")
        case Split():
            return Words(f"Split {step.name}", ("by chance; a customer is always on the same side",))
        case SetStep():
            return _set(step)
        case Webhook():
            return _webhook(step)
        case Repeat():
            until = f"until {said(step.until)}" if step.until is not None else ""
            return Words(f"Repeat {step.path}", (again(step), until))
        case Exit():
            return Words(f"{said(step.only_if)}?" if step.only_if is not None else "Leaves the journey")
        case _:
            assert_never(step)


def _send(step: Send, names: _Names) -> Words:
    expires = f"given up after {step.expires.text}" if step.expires is not None else ""
    details = (names.choices(step.template, "template"), _way(step.by, step.template, names), expires)
    return Words(f"Send {names.name(step.template)}", details)


def _survey(step: Survey, names: _Names) -> Words:
    remind = f"asks again after {step.remind.text}" if step.remind is not None else ""
    details = (
        names.choices(step.ask, "template"),
        _way(step.by, step.ask, names),
        f"waits for the answer, at most {step.up_to.text}",
        remind,
    )
    return Words(f"Ask {step.survey.upper()}: {names.name(step.ask)}", details)


def _offer(step: OfferStep, names: _Names) -> Words:
    valid = f"valid for {step.valid_for.text}" if step.valid_for is not None else ""
    way = " · ".join(part for part in (names.channels(step.by), valid) if part)
    return Words(f"Offer {names.name(step.offer)}", (names.choices(step.offer, "offer"), way))


def _ticket(step: Ticket, names: _Names) -> Words:
    due = f"due in {step.sla.text}" if step.sla is not None else ""
    if due and step.escalate_to:
        due += f", then {names.name(step.escalate_to)} takes over"
    details = (
        names.choices(step.queue, "queue"),
        f"“{step.about}”" if step.about else "",
        f"{step.priority} priority" if step.priority != "normal" else "",
        due,
        f"quiet until it is closed, at most {step.up_to.text}",
    )
    return Words(f"Ticket for {names.name(step.queue)}", details)


def _wait_for(step: WaitFor) -> Words:
    whose = "of any order of the customer" if step.of == "customer" else ""
    when = f"when {said(step.when)}" if step.when is not None else ""
    after = ", then goes on" if step.otherwise == CONTINUE else ""
    return Words(f"Wait for {step.event}", (whose, when, f"at most {step.up_to.text}{after}"))


def _set(step: SetStep) -> Words:
    parts = [_assigned(each) for each in step.assignments]
    if len(parts) == 1:
        return Words(parts[0])
    return Words("Set values", tuple(f"{part[0].lower()}{part[1:]}" for part in parts))


def _assigned(each: Assignment) -> str:
    value = said_value(each.value)
    if each.how == "is":
        return f"Set {each.field} to {value}"
    return f"Add {value} to {each.field}" if each.how == "add" else f"Remove {value} from {each.field}"


def _webhook(step: Webhook) -> Words:
    sends = f"sends {listed(list(step.values), 'and')}" if step.values else ""
    saves = f"keeps the answer as {listed(list(step.save), 'and')}" if step.save else ""
    return Words(f"Post to {step.endpoint}", (sends, saves, f"tries for at most {step.up_to.text}, then goes on"))


def _way(by: tuple[str, ...], template: str, names: _Names) -> str:
    return " · ".join(part for part in (names.channels(by), names.purpose(template)) if part)
