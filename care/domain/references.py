"""What a plan names in the catalogue: nothing of it may go while a customer still walks that plan."""

from dataclasses import dataclass

from care.domain.catalogue import Catalogue
from care.domain.journey import Plan
from care.domain.steps import OfferStep, Send, Step, Survey, Ticket, Webhook
from care.domain.tables import NOBODY


@dataclass(frozen=True, slots=True)
class References:
    """Names of the catalogue that one plan uses, directly or through its decision tables."""

    templates: frozenset[str]
    queues: frozenset[str]
    offers: frozenset[str]
    endpoints: frozenset[str]


def references(plan: Plan) -> References:
    """Collect every template, queue, offer and endpoint the plan may ever use."""
    found: dict[str, set[str]] = {"template": set(), "queue": set(), "offer": set(), "endpoint": set()}
    for steps in plan.paths.values():
        for step in steps:
            for column, name in _named(step):
                found[column].update(_meant(plan, name, column))
    return References(*(frozenset(found[column]) for column in ("template", "queue", "offer", "endpoint")))


def missing_names(plan: Plan, catalogue: Catalogue) -> tuple[str, ...]:
    """What the plan names and the catalogue lacks, each as ``template 'thank_you'``, in order."""
    used = references(plan)
    return tuple(
        f"{kind} {name!r}"
        for kind, names, known in (
            ("template", used.templates, catalogue.templates),
            ("queue", used.queues, catalogue.queues),
            ("offer", used.offers, catalogue.offers),
            ("endpoint", used.endpoints, catalogue.endpoints),
        )
        for name in sorted(names - set(known))
    )


def _named(step: Step) -> tuple[tuple[str, str], ...]:
    match step:
        case Send():
            return (("template", step.template),)
        case Survey():
            return (("template", step.ask),)
        case OfferStep():
            return (("offer", step.offer),)
        case Ticket():
            return (
                (("queue", step.queue), ("queue", step.escalate_to)) if step.escalate_to else (("queue", step.queue),)
            )
        case Webhook():
            return (("endpoint", step.endpoint),)
        case _:
            return ()


def _meant(plan: Plan, name: str, column: str) -> set[str]:
    table = plan.tables.get(name)
    if table is None or column not in table.choose:
        return {name}
    at = table.choose.index(column)
    return {row.values[at] for row in table.rows} - {NOBODY}
