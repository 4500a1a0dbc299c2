"""Explains the names of a rules folder: its fields, events, templates, queues, offers, endpoints and journeys."""

from collections.abc import Iterable, Iterator

from care.domain.catalogue import Field, Offer, Template
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook
from care.rulebook.amounts import number_words, share_words
from care.rulebook.phrases import PHRASES
from care.rulebook.uses import Use, uses

_NOWHERE = "Used nowhere."
_FROZEN = "It is frozen when a customer enters a journey."
_OF_JOURNEY = "It belongs to one customer's walk through one journey, and is not known until it is set."
_AT_HAND = "It is known only while its event is at hand: in a trigger, audience, goal, exit_when or wait_for."


def explain_name(name: str, rulebook: Rulebook) -> str:
    """What a name of the rules folder stands for and where it is used; empty when there is none such."""
    told = list(_told(name, rulebook))
    if not told:
        return ""
    places = [use for use in uses(rulebook) if use.name == name]
    return "\n".join([*told, *(() if name in rulebook.entering and not places else _places(places))])


def names(rulebook: Rulebook) -> set[str]:
    """Every name that ``explain_name`` knows."""
    known = rulebook.catalogue
    sections: tuple[Iterable[str], ...] = (
        known.fields,
        known.events,
        known.templates,
        known.queues,
        known.offers,
        known.endpoints,
        rulebook.entering,
    )
    return {name for section in sections for name in section}


def _told(name: str, rulebook: Rulebook) -> Iterator[str]:
    """A line for everything a name stands for; an offer and its template may be called the same."""
    known = rulebook.catalogue
    if name in known.fields:
        yield from _field(known.fields[name], rulebook)
    if name in known.events:
        yield f"{name}: an event that may be posted."
    if name in known.templates:
        yield _template(known.templates[name])
    if name in known.offers:
        yield _offer(known.offers[name])
    if name in known.queues:
        yield f"{name}: a queue of people who take tickets; told at {known.queues[name].email or 'the journey owner'}."
    if name in known.endpoints:
        yield f"{name}: an endpoint that webhooks post to, at {known.endpoints[name].url}."
    if name in rulebook.entering:
        yield from _journey(rulebook.entering[name].plan)


def _field(field: Field, rulebook: Rulebook) -> Iterator[str]:
    always = ", known for every customer" if field.always else ""
    yield f"{field.name}: a {field.type} field of the catalogue{_range(field)}{always}."
    space = field.name.partition(".")[0]
    if field.name in rulebook.worked_out:
        yield "It is worked out in customer_types.yaml, by the first rule that holds."
    if field.set_by:
        yield f"It is set by the step '{field.set_by}', for the journey that asked."
    if field.same_as:
        yield f"It mirrors {field.same_as} for the event at hand."
    about = {"order": _FROZEN, "journey": _OF_JOURNEY, "event": _AT_HAND}.get(space)
    if about is not None:
        yield about
    tests = [phrase.words for phrase in PHRASES if field.type in phrase.types]
    plain = {"choice": [field.choices[0] if field.choices else "a word"], "yes/no": ["yes", "no"]}.get(field.type, [])
    yield f"It can be tested with: {' · '.join([*plain, *tests, 'not …'])}"


def _range(field: Field) -> str:
    if field.choices:
        return f" ({', '.join(field.choices)})"
    said = share_words if field.type == "percent" else _number
    low, high = (said(bound) if bound is not None else "" for bound in (field.low, field.high))
    words = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}" if high else ""
    whole = "whole numbers" if field.whole else ""
    return f" ({', '.join(word for word in (words, whole) if word)})" if words or whole else ""


def _number(value: float) -> str:
    return number_words(int(value) if float(value).is_integer() else value)


def _template(template: Template) -> str:
    return f"{template.name}: a {template.purpose} message, written for {' and '.join(template.channels)}."


def _offer(offer: Offer) -> str:
    once = f"once per {offer.once_per}"
    return (
        f"{offer.name}: an offer ({once}), carried by template {offer.template}; "
        f"its code is {offer.code}, and {offer.redeemed_by} says that it was used."
    )


def _journey(plan: Plan) -> Iterator[str]:
    yield f"{plan.journey}: a journey in journeys/{plan.file}: {plan.title}."
    if plan.owner:
        yield f"Ask {plan.owner} about it."
    steps = ", ".join(step.id for step in plan.paths["steps"])
    yield f"It begins with {plan.trigger.event}. Its steps: {steps}."
    paths = [name for name in plan.paths if name != "steps"]
    if paths:
        yield f"Its paths: {', '.join(paths)}."


def _places(places: list[Use]) -> Iterator[str]:
    """Each place once, in the order of the files."""
    rows = list(dict.fromkeys((f"{use.file}:{use.line}" if use.line else use.file, use.what) for use in places))
    if not rows:
        yield _NOWHERE
        return
    width = max(len(place) for place, _ in rows)
    yield "Used in:"
    yield from (f"  {place.ljust(width)}  {what}" for place, what in rows)
