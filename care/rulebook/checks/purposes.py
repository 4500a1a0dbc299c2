"""Purposes: which messages a step may send, whichever row of a table is taken, and by which channels."""

from care.domain.catalogue import Catalogue, Template
from care.domain.journey import Plan
from care.domain.steps import OfferStep, Send, Step, Survey


def is_counted(step: Step, plan: Plan, catalogue: Catalogue) -> bool:
    """Whether a step may send a message that counts against a frequency cap."""
    return any(template.purpose != "transactional" for template in templates_of(step, plan, catalogue))


def templates_of(step: Step, plan: Plan, catalogue: Catalogue) -> list[Template]:
    """The templates a step may send."""
    match step:
        case Send():
            names = chosen(step.template, "template", plan)
        case Survey():
            names = chosen(step.ask, "template", plan)
        case OfferStep():
            offers = (catalogue.offers.get(name) for name in chosen(step.offer, "offer", plan))
            names = [offer.template for offer in offers if offer is not None]
        case _:
            names = []
    return [catalogue.templates[name] for name in names if name in catalogue.templates]


def channels_of(step: Step, plan: Plan) -> list[str]:
    """The channels a step may send by."""
    by = step.by if isinstance(step, Send | Survey | OfferStep) else ()
    return [channel for name in by for channel in chosen(name, "channel", plan)]


def chosen(name: str, column: str, plan: Plan) -> list[str]:
    """What a name may come to: itself, or every word a table of that name may choose."""
    table = plan.tables.get(name)
    if table is None or column not in table.choose:
        return [name]
    at = table.choose.index(column)
    return list(dict.fromkeys(row.values[at] for row in table.rows))
