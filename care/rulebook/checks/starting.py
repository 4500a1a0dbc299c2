"""Starting: journeys that start each other without end."""

from collections.abc import Mapping

from care.domain.catalogue import Catalogue
from care.domain.journey import MAIN, Plan
from care.domain.moments import UntilBusiness, UntilDay, UntilMoment
from care.domain.steps import CONTINUE, Branch, Exit, OfferStep, Repeat, Split, Step, Survey, Ticket, Wait
from care.rulebook.checks.flow import goes_on, led_to
from care.rulebook.checks.places import Places
from care.rulebook.checks.purposes import chosen
from care.rulebook.circles import circles
from care.rulebook.findings import Findings

_HINT = "add a wait before the step that does it, or another 're_entry' than always, for example 'after 30 days'"


def check_starting(
    plans: Mapping[str, Plan], catalogue: Catalogue, places: Mapping[str, Places], findings: Mapping[str, Findings]
) -> None:
    """Note J051 once for every circle of journeys; a warning where a condition at entry may break it."""
    open_plans = {name: plan for name, plan in plans.items() if plan.re_entry.kind == "always"}
    causes = {name: _Causes(plan, catalogue).at_once() for name, plan in open_plans.items()}
    leads = {
        name: [other for other, plan in open_plans.items() if plan.trigger.event in events]
        for name, events in causes.items()
    }
    for circle in circles(leads):
        first = circle.index(min(circle))
        names = [*circle[first:], *circle[:first]]
        words = "".join(f" → {plans[name].trigger.event} → {name}" for name in [*names[1:], names[0]])
        who = "these journeys start each other" if len(names) > 1 else "this journey starts itself"
        asked = any(plans[name].trigger.when or plans[name].audience for name in names)
        message = f"{who}: {names[0]}{words} within 0 minutes"
        at = places[names[0]].top("trigger", "event")
        findings[names[0]].add("J051", at, message, _HINT, "warning" if asked else "error")


class _Causes:
    """The events that the steps of a journey cause before anything has to be waited for."""

    def __init__(self, plan: Plan, catalogue: Catalogue) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._walked: dict[str, bool] = {}
        self._events: set[str] = set()

    def at_once(self) -> set[str]:
        """Walk as far as no time has to pass; answers, closed tickets and other events may come at once."""
        self._passes(MAIN)
        return self._events

    def _passes(self, path: str) -> bool:
        """Whether the end of a path can be reached without a wait."""
        if path not in self._walked:
            self._walked[path] = all(self._through(step) for step in self._plan.paths[path])
        return self._walked[path]

    def _through(self, step: Step) -> bool:
        self._events.update(self._caused_by(step))
        through = [self._passes(path) for path in led_to(step, self._plan)]
        if step.only_if is not None:
            return True
        match step:
            case Exit():
                return False
            case Wait():
                return isinstance(step.until, UntilBusiness | UntilMoment) or step.until == UntilDay(0)
            case Branch() | Split():
                names = [each.then for each in (step.rules if isinstance(step, Branch) else step.shares)]
                on = any(name == CONTINUE or name in self._plan.tables for name in names)
                return on or goes_on(step) or any(through)
            case Repeat():
                return step.until is not None or (step.every is None and all(through))
            case _:
                return True

    def _caused_by(self, step: Step) -> list[str]:
        """The events that follow from a step, by whoever answers it."""
        match step:
            case Ticket():
                return ["ticket.closed"]
            case Survey():
                return [f"{step.survey}.answered"]
            case OfferStep():
                offers = [self._catalogue.offers.get(name) for name in chosen(step.offer, "offer", self._plan)]
                return [offer.redeemed_by for offer in offers if offer is not None]
            case _:
                return []
