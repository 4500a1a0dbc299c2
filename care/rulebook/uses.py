"""Where the names of the catalogue are used: every field, event, template, queue, offer and endpoint in the rules."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_never

from care.domain.conditions import Condition
from care.domain.journey import EndRule, Plan
from care.domain.moments import UntilMoment
from care.domain.rulebook import Rulebook
from care.domain.steps import (
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
from care.rulebook.conditions import fields_of
from care.rulebook.inventory import names_in

_TYPES = "customer_types.yaml"


class Use(NamedTuple):
    """One place where a name stands; ``what`` is the step, or the part of the file."""

    name: str
    file: str
    line: int
    what: str


def uses(rulebook: Rulebook) -> Iterator[Use]:
    """Every use of every name, file by file; a name that is used twice in one place comes twice."""
    for kind in rulebook.types:
        yield from (Use(kind.field, _TYPES, rule.line, "works it out") for rule in kind.rules[:1])
        for rule in kind.rules:
            yield from (Use(name, _TYPES, rule.line, kind.field) for name in _fields(rule.when))
    for offer in rulebook.catalogue.offers.values():
        yield Use(offer.template, "catalog.yaml", 0, f"offer {offer.name}")
        yield Use(offer.redeemed_by, "catalog.yaml", 0, f"offer {offer.name}")
    for journey in sorted(rulebook.entering):
        plan = rulebook.entering[journey].plan
        yield from _around(plan)
        for step in (step for steps in plan.paths.values() for step in steps):
            for line, name in _of_step(step):
                yield Use(name, plan.file, line, step.id)


def _around(plan: Plan) -> Iterator[Use]:
    """What a journey names outside its steps."""
    for name in (plan.trigger.event, *_fields(plan.trigger.when)):
        yield Use(name, plan.file, plan.trigger.line, "trigger")
    yield from (Use(name, plan.file, plan.audience_line, "audience") for name in _fields(plan.audience))
    rules: list[tuple[str, EndRule]] = [("exit_when", rule) for rule in plan.exit_when]
    for what, rule in [("goal", plan.goal), *rules] if plan.goal is not None else rules:
        yield from (Use(name, plan.file, rule.line, what) for name in (rule.event, *_fields(rule.when)))
    for table in plan.tables.values():
        yield from (Use(name, plan.file, table.line, f"table {table.name}") for name in table.given)
        for row in table.rows:
            yield from (
                Use(name, table.file or plan.file, row.line, f"table {table.name}")
                for name in dict.fromkeys(row.values)
            )


def _of_step(step: Step) -> Iterator[tuple[int, str]]:  # noqa: C901 - one dispatch over all verbs
    """The line and the name of everything a step speaks of."""
    yield from ((step.line, name) for name in _fields(step.only_if))
    match step:
        case Send():
            yield step.line, step.template
        case Survey():
            yield from ((step.line, name) for name in (step.ask, f"{step.survey}.score", f"{step.survey}.answered"))
        case OfferStep():
            yield step.line, step.offer
        case Ticket():
            yield from ((step.line, name) for name in (step.queue, step.escalate_to, *_shown([step.about])) if name)
        case Wait(until=UntilMoment() as until):
            yield step.line, until.field
        case WaitFor():
            yield from ((step.line, name) for name in (step.event, *_fields(step.when)))
        case Branch():
            yield from ((rule.line, name) for rule in step.rules for name in _fields(rule.when))
        case SetStep():
            yield from ((each.line, each.field) for each in step.assignments)
        case Webhook():
            yield from ((step.line, name) for name in (step.endpoint, *step.save, *_shown(step.values.values())))
        case Repeat():
            yield from ((step.line, name) for name in _fields(step.until))
        case Wait() | Split() | Exit():
            pass
        case _:
            assert_never(step)


def _fields(condition: Condition | None) -> Iterator[str]:
    return iter(dict.fromkeys(fields_of(condition))) if condition is not None else iter(())


def _shown(texts: Iterable[str]) -> Iterator[str]:
    """The fields that short templates show."""
    return (name for text in texts if "{" in text for name in sorted(names_in(text)))
