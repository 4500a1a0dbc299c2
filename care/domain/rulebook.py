"""The rulebook: the catalogue, the customer types and every plan, loaded together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from care.domain.catalogue import Catalogue
from care.domain.conditions import Condition
from care.domain.controls import NO_CONTROLS, Controls
from care.domain.journey import Plan
from care.domain.law import Law
from care.domain.policy import Policy
from care.domain.steps import Step


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One line of a customer-type table; ``when`` is ``None`` for ``otherwise``."""

    when: Condition | None
    then: str
    line: int


@dataclass(frozen=True, slots=True)
class CustomerType:
    """A field worked out by the first rule that matches, for example ``customer.type``."""

    field: str
    rules: tuple[TypeRule, ...]


@dataclass(frozen=True)
class WalkedPlan:
    """A plan with the look-ups the planner needs."""

    plan: Plan

    @cached_property
    def places(self) -> dict[str, tuple[str, int]]:
        """Step id to (path name, index in that path)."""
        return {step.id: (path, at) for path, steps in self.plan.paths.items() for at, step in enumerate(steps)}

    @cached_property
    def following(self) -> dict[str, str]:
        """Step id to the id of the step after it in the same path; the last step of a path has none."""
        return {step.id: after.id for steps in self.plan.paths.values() for step, after in pairwise(steps)}

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Step id to step."""
        return {step.id: step for steps in self.plan.paths.values() for step in steps}


@dataclass(frozen=True)
class Rulebook:
    """Everything the planner walks by.

    Attributes:
        entering: The plan new customers enter, by journey name.
        plans: Every plan a running customer may still be in, by hash.
        revision: Number of the publication this rulebook was read from; 0 for drafts.
        controls: Journeys that operators paused or closed.
        policies: The policy packs: those that come with Aftercare, replaced or joined by the operator's own.
    """

    catalogue: Catalogue
    types: tuple[CustomerType, ...]
    entering: Mapping[str, WalkedPlan]
    plans: Mapping[str, WalkedPlan]
    revision: int = 0
    controls: Controls = NO_CONTROLS
    policies: tuple[Policy, ...] = ()

    @cached_property
    def by_trigger(self) -> dict[str, tuple[WalkedPlan, ...]]:
        """The entering plans by the event that lets customers in."""
        index: dict[str, tuple[WalkedPlan, ...]] = {}
        for walked in self.entering.values():
            event = walked.plan.trigger.event
            index[event] = (*index.get(event, ()), walked)
        return index

    @cached_property
    def longest_cap(self) -> int:
        """How far back the longest cap of the company and of every plan looks, in seconds; 0 without any."""
        limits = (walked.plan.sending for walked in self.plans.values())
        company = self.catalogue.company
        caps = [
            company.frequency_cap,
            company.survey_cap,
            *(limit.frequency_cap for limit in limits if limit is not None),
            *(rule.cap for policy in self.policies for rule in policy.rules),
            *(region.cap for policy in self.policies for rule in policy.rules for region in rule.regions),
        ]
        return max((cap.seconds for cap in caps if cap is not None), default=0)

    @cached_property
    def law(self) -> Law:
        """What the policy packs ask of a message, customer by customer."""
        return Law(self.policies, self.catalogue.company)

    @cached_property
    def worked_out(self) -> dict[str, CustomerType]:
        """The fields that first-match tables work out, by name."""
        return {kind.field: kind for kind in self.types}
