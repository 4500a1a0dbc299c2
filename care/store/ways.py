"""Ways: how customers of a journey get from whatever plan they walk to the one that is published."""

from collections.abc import Iterable, Mapping

from care.domain.conditions import Value
from care.domain.enrolment import Enrolment
from care.domain.journey import Plan
from care.domain.moving import Landing, landing, steps_of
from care.domain.rulebook import WalkedPlan
from care.rulebook.counterparts import counterparts


class Ways:
    """From the steps of several plans to those of one.

    What became of a step may differ from plan to plan, so that every plan has its own way.

    Args:
        target: The plan to go to.
        plans: Those that are walked now.
        wanted: Old step id to new step id, as the author says; holds for every plan, and before what is found.
    """

    def __init__(self, target: Plan, plans: Iterable[Plan], wanted: Mapping[str, str]) -> None:
        self._target, self._wanted = WalkedPlan(target), wanted
        self._walked = {plan.hash: WalkedPlan(plan) for plan in plans}
        self._found = {name: counterparts(walked.plan, target) for name, walked in self._walked.items()}

    def landing(self, run: Enrolment) -> Landing:
        """Where an enrolment would stand."""
        steps = {**self._found[run.plan], **self._wanted}
        return landing(run.at, self._walked[run.plan], self._target, steps)

    def told(self) -> dict[str, Value]:
        """Where every step went, as the command that moves customers says it."""
        said: dict[str, Value] = {steps_of(name): _words(steps) for name, steps in self._found.items() if steps}
        return said | {"steps": _words(self._wanted)}


def _words(steps: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{old}={new}" for old, new in steps.items())
