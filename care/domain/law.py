"""The law of a message: which policy packs hold for a customer, what told so, and what they ask together.

All that hold are kept: the strictest decides because each of them may refuse, hold, label or extend a message.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from care.domain.catalogue import Cap, Company, Week
from care.domain.citing import hours_words, quota_words
from care.domain.places import Where
from care.domain.policy import Part, Policy, Region, Rule, packs_for

_ENOUGH = 10_000
_HOME = "nothing told where the customer lives: the law of where the company trades"


@dataclass(frozen=True, slots=True)
class Applied:
    """One rule of one pack, for one customer.

    Attributes:
        told: What told that the pack holds, in words; empty for one that holds everywhere.
        regions: What parts of the country ask besides: of the part the customer lives in, or of all when none is known.
        part: What told the part, in words; empty where the pack knows no parts.
    """

    policy: Policy
    rule: Rule
    told: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    part: str = ""

    @property
    def law(self) -> str:
        """The main law, as people cite it."""
        return self.policy.cited(self.rule.basis)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a message may be sent, by weekday on the recipient's clock; ``words`` say when not, and by which law."""

    week: Week
    words: str


@dataclass(frozen=True, slots=True)
class Quota:
    """How many such messages one address may get; ``words`` say so, and by which law."""

    cap: Cap
    words: str


@dataclass(frozen=True, slots=True)
class Demands:
    """All that is asked of one kind of message to one customer."""

    applied: tuple[Applied, ...] = ()
    hours: tuple[Hours, ...] = ()
    quotas: tuple[Quota, ...] = ()


NO_DEMANDS = Demands()


class Law:
    """The policy packs that hold for a company's messages."""

    def __init__(self, policies: tuple[Policy, ...] = (), company: Company | None = None) -> None:
        self.policies = policies
        self._home = (
            frozenset(pack.name for pack in packs_for(company, policies)) if company is not None else frozenset()
        )
        self._asked: dict[tuple[Where, str, str], Demands] = {}

    def demands(self, where: Where, medium: str, purpose: str) -> Demands:
        """What is asked of a message of this purpose over this channel to a customer there."""
        key = (where, medium, purpose)
        found = self._asked.get(key)
        if found is None:
            if len(self._asked) >= _ENOUGH:
                self._asked.clear()
            found = self._asked[key] = demands_of(tuple(self._applied(where, medium, purpose)))
        return found

    def _applied(self, where: Where, medium: str, purpose: str) -> Iterator[Applied]:
        for policy in self.policies:
            told = tuple(_signs(policy, where))
            if not told and not where.is_known and policy.name in self._home and not policy.everywhere:
                told = (_HOME,)
            if told or policy.everywhere:
                part, said = _part(policy, where)
                for rule in policy.rules_for(medium, purpose):
                    regions = tuple(each for each in rule.regions if part is None or each.part == part.code)
                    yield Applied(policy, rule, told, regions, said if rule.regions else "")


def demands_of(applied: tuple[Applied, ...]) -> Demands:
    """What these rules ask together."""
    hours = tuple(each for one in applied for each in _hours(one))
    quotas = tuple(each for one in applied for each in _quotas(one))
    return Demands(applied, hours, quotas)


def _signs(policy: Policy, where: Where) -> Iterator[str]:
    """What tells that a customer lives where a policy holds."""
    if where.phone and policy.signs.has_country(where.phone):
        yield f"phone number of {where.phone}"
    for country in where.countries:
        if policy.signs.has_country(country):
            yield f"country {country}"
    if where.zone and policy.signs.has_zone(where.zone):
        yield f"time zone {where.zone}"
    if where.locale and policy.signs.has_language(where.locale):
        yield f"language {where.locale}"


def _part(policy: Policy, where: Where) -> tuple[Part | None, str]:
    """The part of a country a customer lives in, with what told it; ``None`` when nothing does."""
    if not policy.parts:
        return None, ""
    region = where.region.strip().casefold()
    for part in policy.parts:
        if region and region in (part.code.casefold(), part.name.casefold()):
            return part, f"{part.name} (told)"
    if where.area and policy.signs.has_country(where.phone):
        for part in policy.parts:
            if where.area in part.area_codes:
                return part, f"{part.name} (area code {where.area})"
    return None, "part not known: the strictest of all"


def _hours(of: Applied) -> Iterator[Hours]:
    if of.rule.window is not None:
        yield Hours(of.rule.window, hours_words(of.policy.title, of.rule, of.rule.window, of.law))
    for week in dict.fromkeys(region.window for region in of.regions if region.window is not None):
        regions = [region for region in of.regions if region.window == week]
        yield Hours(week, hours_words(_names(regions), of.rule, week, _law(of, regions[0])))


def _quotas(of: Applied) -> Iterator[Quota]:
    if of.rule.cap is not None:
        yield Quota(of.rule.cap, quota_words(of.policy.title, of.rule, of.rule.cap, of.law))
    for cap in dict.fromkeys(region.cap for region in of.regions if region.cap is not None):
        regions = [region for region in of.regions if region.cap == cap]
        law = _law(of, regions[0]) + (", believed" if any(region.cap_believed for region in regions) else "")
        yield Quota(cap, quota_words(_names(regions), of.rule, cap, law))


def _law(of: Applied, region: Region) -> str:
    return of.policy.cited(region.basis or of.rule.basis)


def _names(regions: list[Region]) -> str:
    return " or ".join(region.name for region in regions)
