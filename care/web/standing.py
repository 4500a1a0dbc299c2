"""Where a customer stands and what comes next, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import assert_never

from care.domain.enrolment import CustomerState, Enrolment
from care.domain.rulebook import WalkedPlan
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

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Stand:
    """One running enrolment.

    Attributes:
        now: What the journey is doing, in words.
        until: When that ends by itself (UTC).
        ahead: The steps that follow, up to the next one that chooses.
        place: Where the current step is written: file, line and revision.
    """

    enrolment: str
    journey: str
    title: str
    order_id: str | None
    entered_at: datetime
    now: str
    until: datetime | None
    ahead: tuple[str, ...]
    place: str


def stands(state: CustomerState | None, plans: Mapping[str, WalkedPlan]) -> list[Stand]:
    """Every journey the customer is in, as the last decision left it."""
    return [stand(enrolment, plans.get(enrolment.plan)) for enrolment in state.enrolments] if state else []


def stand(enrolment: Enrolment, walked: WalkedPlan | None) -> Stand:
    """One journey the customer is in; without its plan, as far as can be told."""
    step = walked.steps.get(enrolment.step) if walked is not None and enrolment.at else None
    title, place = enrolment.journey, ""
    ahead: tuple[str, ...] = ()
    if walked is not None and step is not None:
        plan = walked.plan
        title = plan.title or plan.journey
        ahead = tuple(step_in_words(later) for later in islice(_following(walked, enrolment.at), _AHEAD))
        place = f"{plan.file}:{step.line} @ v{plan.revision}"
    return Stand(
        enrolment=enrolment.id,
        journey=enrolment.journey,
        title=title,
        order_id=enrolment.order_id,
        entered_at=enrolment.entered_at,
        now=_doing(enrolment, step),
        until=_until(enrolment),
        ahead=ahead,
        place=place,
    )


def _following(walked: WalkedPlan, at: tuple[str, ...]) -> Iterator[Step]:
    """The steps behind the current one, as far as they are certain: a branch or an exit is the last."""
    if isinstance(walked.steps[at[-1]], Branch | Exit):
        return
    for place in reversed(at):
        later = walked.following.get(place)
        while later is not None:
            yield walked.steps[later]
            if isinstance(walked.steps[later], Branch | Exit):
                return
            later = walked.following.get(later)


def _until(enrolment: Enrolment) -> datetime | None:
    if enrolment.doing == "send" and enrolment.wish is not None:
        return enrolment.wish.not_before or enrolment.wish.expires_at
    return enrolment.until


def _doing(enrolment: Enrolment, step: Step | None) -> str:  # noqa: C901 - one line for each state
    about = step_in_words(step) if step is not None else f"step {enrolment.at[-1] if enrolment.at else 'one'}"
    match enrolment.doing:
        case "start":
            return f"Begins: {about}"
        case "wait":
            return f"Waits {step.text}" if isinstance(step, Wait) else f"Waits: {about}"
        case "send":
            return _holding(enrolment, about)
        case "sending":
            return f"Sending now: {about}"
        case "answer":
            return "Waits for the customer's answer"
        case "event":
            return f"Waits for {step.event}" if isinstance(step, WaitFor) else f"Waits for an event: {about}"
        case "ticket":
            return f"In the hands of {step.queue}" if isinstance(step, Ticket) else f"With a person: {about}"
        case "webhook":
            return f"Waits for an answer: {about}"
        case "repeat":
            return f"Waits for the next pass: {about}"
        case "escalating":
            return f"Being escalated to {step.escalate_to}" if isinstance(step, Ticket) else f"Escalating: {about}"
        case _:
            assert_never(enrolment.doing)


def _holding(enrolment: Enrolment, about: str) -> str:
    held = enrolment.wish.held if enrolment.wish is not None else ""
    return f"Holds back: {about} ({held.replace('_', ' ')})" if held else f"About to {about}"


def step_in_words(step: Step) -> str:  # noqa: C901 - one line for each verb
    """A step as a person would say it."""
    match step:
        case Send():
            return f"send {step.template} by {_one_of(step.by)}"
        case Survey():
            return f"ask for {step.survey.upper()} with {step.ask} by {_one_of(step.by)}"
        case OfferStep():
            return f"offer {step.offer} by {_one_of(step.by)}"
        case Ticket():
            return f"hand over to {step.queue}"
        case Wait():
            return f"wait {step.text}"
        case WaitFor():
            return f"wait for {step.event}, at most {step.up_to.text}"
        case Branch():
            return f"choose between {len(step.rules)} rules"
        case Split():
            return f"split {step.name}"
        case SetStep():
            return f"set {', '.join(each.field for each in step.assignments)}"
        case Webhook():
            return f"call {step.endpoint}"
        case Repeat():
            return f"repeat {step.path}, at most {step.times} times"
        case Exit():
            return f"leave: {step.reason}"
        case _:
            assert_never(step)


def _one_of(channels: tuple[str, ...]) -> str:
    return ", else ".join(channels)
