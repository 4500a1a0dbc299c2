"""Every step that sends a template, with what it gives the template to write."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from care.domain.catalogue import Catalogue, Template
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook
from care.domain.steps import OfferStep, Send, Step, Survey
from care.domain.tables import NOBODY
from care.rulebook.workspace import JOURNEYS


@dataclass(frozen=True)
class Use:
    """A template at one step, or at none.

    Attributes:
        file: The journey's rule file, with ``line``; empty where no step sends the template.
        survey: What the step asks, or empty.
        offer: The offer the message carries, or empty.
        ends: Whether the offer has a last day.
        reminds: Whether the step sends it a second time.
        values: Words the step gives; of a table those of one row.
    """

    template: str
    channel: str
    purpose: str
    journey: str = ""
    step: str = ""
    file: str = ""
    line: int = 0
    survey: str = ""
    offer: str = ""
    ends: bool = False
    reminds: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The step as people find it; empty where there is none."""
        return f"{self.file}:{self.line}" if self.file else ""


def uses_of(rulebook: Rulebook) -> tuple[Use, ...]:
    """Every template by every channel at every step that sends it; what no step sends comes once by itself."""
    found = [use for walked in rulebook.entering.values() for use in _of_plan(walked.plan, rulebook.catalogue)]
    sent = {(use.template, use.channel) for use in found}
    for template in rulebook.catalogue.templates.values():
        idle = [channel for channel in template.channels if (template.name, channel) not in sent]
        found.extend(_idle(template, channel, rulebook.catalogue) for channel in idle)
    return tuple(found)


def _idle(template: Template, channel: str, catalogue: Catalogue) -> Use:
    """A template that no step sends yet, with everything that one might give it."""
    offers = [offer.name for offer in catalogue.offers.values() if offer.template == template.name]
    return Use(
        template.name, channel, template.purpose, survey="csat", offer=offers[0] if offers else "", ends=bool(offers)
    )


def _of_plan(plan: Plan, catalogue: Catalogue) -> Iterator[Use]:
    for step in (step for steps in plan.paths.values() for step in steps):
        if isinstance(step, Send | Survey | OfferStep):
            yield from _of_step(step, plan, catalogue)


def _of_step(step: Send | Survey | OfferStep, plan: Plan, catalogue: Catalogue) -> Iterator[Use]:
    for name, row in _chosen(step, plan):
        offer = catalogue.offers.get(name) if isinstance(step, OfferStep) else None
        template = catalogue.templates.get(offer.template if offer is not None else name)
        if template is None:
            continue
        for channel in _channels(step.by, plan):
            if channel in template.channels:
                yield Use(
                    template.name,
                    channel,
                    "marketing" if offer is not None else template.purpose,
                    plan.journey,
                    step.id,
                    f"{JOURNEYS}/{plan.file}",
                    step.line,
                    survey=step.survey if isinstance(step, Survey) else "",
                    offer=offer.name if offer is not None else "",
                    ends=isinstance(step, OfferStep) and step.valid_for is not None,
                    reminds=isinstance(step, Survey) and step.remind is not None,
                    values={**step.values, **row},
                )


def _chosen(step: Step, plan: Plan) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The name a step speaks of, or every name its table may choose with the other words of that row."""
    match step:
        case Send():
            name, column = step.template, "template"
        case Survey():
            name, column = step.ask, "template"
        case OfferStep():
            name, column = step.offer, "offer"
        case _:
            return
    table = plan.tables.get(name)
    if table is None:
        yield name, {}
        return
    rows: dict[str, Mapping[str, str]] = {}
    for row in table.rows:
        words = dict(zip(table.choose, row.values, strict=True))
        rows.setdefault(words[column], words)
    yield from ((name, words) for name, words in rows.items() if name != NOBODY)


def _channels(by: Iterable[str], plan: Plan) -> tuple[str, ...]:
    found: list[str] = []
    for name in by:
        table = plan.tables.get(name)
        if table is None:
            found.append(name)
        else:
            at = table.choose.index("channel")
            found.extend(row.values[at] for row in table.rows)
    return tuple(dict.fromkeys(channel for channel in found if channel != NOBODY))
