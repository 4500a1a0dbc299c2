"""What `care policy` shows: packs and rulings, as tables for people and as plain values for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from care.domain.citing import kind_words, quota_words, span_words, week_words
from care.domain.law import Applied
from care.domain.places import Where
from care.domain.policy import Basis, Policy, Rule
from care.domain.ruling import Ruling

Row = tuple[str, str]

_VERDICTS = {"go": "may be sent now", "hold": "waits", "skip": "is not sent"}


def ruling_rows(ruling: Ruling) -> Iterator[Row]:
    """What holds of a message, line by line."""
    verdict = ruling.verdict
    until = f" until {_local(ruling, verdict.until)}" if verdict.until is not None else ""
    reason = f": {verdict.reason}" if verdict.reason else ""
    yield "verdict", f"{_VERDICTS[verdict.kind]}{until}{reason}"
    yield "told", ", ".join(_told(ruling.where)) or "nothing of where the customer lives"
    clocks = [ruling.zone.key, *(zone.key for zone in ruling.others)]
    yield "clock", f"{_local(ruling, ruling.at)} in {' and '.join(clocks)}"
    yield "hours", f"closed until {_local(ruling, ruling.opens)}" if ruling.opens is not None else "open now"
    for used in ruling.used:
        yield "cap", f"{used.count} of {used.quota.cap.count} used; {used.quota.words}"
    if ruling.permit is not None:
        yield "consent", f"{'yes' if ruling.permit.allowed else 'no'}: {ruling.permit.reason}"
    for check in verdict.checks:
        yield "guard-rail", f"{'✓' if check.passed else '✗'} {check.text}"


def applied_rows(of: Applied) -> Iterator[Row]:
    """What one pack asks of a message, line by line."""
    yield "because", "; ".join(of.told) or "it holds everywhere"
    if of.part:
        yield "part", of.part
    yield from rule_rows(of.policy, of.rule, {region.part for region in of.regions})
    for what, words in of.policy.deadlines.items():
        yield "deadline", f"{what}: {words}"
    for note in of.policy.notes:
        yield "note", note
    names = (*of.rule.basis, *(name for region in of.regions for name in region.basis))
    for name in dict.fromkeys(names):
        yield "source", basis_words(of.policy.bases[name])


def rule_rows(policy: Policy, rule: Rule, parts: set[str]) -> Iterator[Row]:
    """What a rule asks, with what these parts of the country ask besides."""
    yield "consent", _consent(rule)
    yield "window", week_words(rule.window) if rule.window is not None else "at any time"
    if rule.cap is not None:
        yield "cap", quota_words(policy.title, rule, rule.cap, policy.cited(rule.basis))
    for region in rule.regions:
        if region.part in parts:
            cap = f"; at most {region.cap.count} in {span_words(region.cap.seconds)}" if region.cap is not None else ""
            believed = " (believed)" if region.cap_believed else ""
            window = week_words(region.window) if region.window is not None else "as everywhere"
            yield region.name, f"{window}{cap}{believed}"
    if rule.label is not None:
        yield "label", f"{' or '.join(rule.label.any_of)} at the {rule.label.where}"
    if rule.sender is not None and rule.sender.brand_name:
        longest = f" of at most {rule.sender.longest} characters" if rule.sender.longest else ""
        yield "sender", f"a registered brand name{longest}; a plain number is forbidden"
    yield from _footer(rule)
    for what, words in rule.duties.items():
        yield what.replace("_", " "), words


def _footer(rule: Rule) -> Iterator[Row]:
    shown = [*rule.identify, *([f"one of {', '.join(rule.identify_one_of)}"] if rule.identify_one_of else [])]
    if shown:
        yield "footer", f"the company's {', '.join(shown)}"
    if rule.opt_out is not None:
        out = rule.opt_out
        words = [f"said {out.where}", f"nothing is sent any more within {out.within}" if out.within else "at once"]
        words += [f"by {', '.join(out.words)}"] if out.words else []
        words += [f"works for {out.lasts_days} days"] if out.lasts_days else []
        words += [f"confirmed {out.confirm}"] if out.confirm else []
        yield "opt-out", "; ".join(words)


def _consent(rule: Rule) -> str:
    months = [f"{what} within {count} months" for what, count in asdict(rule.implied).items() if count]
    return rule.consent + (f" ({', '.join(months)})" if months else "")


def basis_words(basis: Basis) -> str:
    """A law with its source, its dates and whether it is believed only."""
    since = f", in force from {basis.since}" if basis.since is not None else ""
    believed = "; believed: its text was not read, check it" if basis.believed else ""
    return f"{basis.law}{since}; noted {basis.noted}{believed}; {basis.source}"


def policy_rows(policy: Policy) -> Iterator[Row]:
    """A whole pack, line by line."""
    parts = {part.code for part in policy.parts}
    for name, words in asdict(policy.signs).items():
        if words:
            yield f"told by {name}", ", ".join(words)
    for rule in policy.rules:
        yield "", ""
        yield "rule", kind_words(rule)
        yield from rule_rows(policy, rule, parts)
    yield "", ""
    for what, said in policy.deadlines.items():
        yield "deadline", f"{what}: {said}"
    for note in policy.notes:
        yield "note", note
    for basis in policy.bases.values():
        yield "source", basis_words(basis)


def plain_ruling(ruling: Ruling) -> dict[str, Any]:
    """A ruling as plain values; instants on the customer's clock."""
    verdict = ruling.verdict
    return {
        "channel": ruling.channel,
        "purpose": ruling.purpose,
        "at": ruling.at.astimezone(ruling.zone),
        "zones": [ruling.zone.key, *(zone.key for zone in ruling.others)],
        "told": ruling.where._asdict(),
        "verdict": {
            "kind": verdict.kind,
            "code": verdict.code,
            "reason": verdict.reason,
            "until": verdict.until.astimezone(ruling.zone) if verdict.until is not None else None,
            "checks": [check._asdict() for check in verdict.checks],
        },
        "open": ruling.opens is None,
        "opens": ruling.opens.astimezone(ruling.zone) if ruling.opens is not None else None,
        "hours": [hours.words for hours in ruling.demands.hours],
        "caps": [{"count": used.count, "of": used.quota.cap.count, "words": used.quota.words} for used in ruling.used],
        "consent": ruling.permit._asdict() if ruling.permit is not None else None,
        "packs": [plain_applied(of) for of in ruling.demands.applied],
    }


def plain_applied(of: Applied) -> dict[str, Any]:
    """What one pack asks, as plain values."""
    names = dict.fromkeys((*of.rule.basis, *(name for region in of.regions for name in region.basis)))
    asked = asdict(of.rule) | {"regions": [asdict(region) for region in of.regions]}
    return {
        "name": of.policy.name,
        "title": of.policy.title,
        "because": list(of.told),
        "part": of.part,
        "asks": asked,
        "deadlines": dict(of.policy.deadlines),
        "notes": list(of.policy.notes),
        "sources": [_plain_basis(of.policy.bases[name]) for name in names],
    }


def plain_policy(policy: Policy) -> dict[str, Any]:
    """A whole pack as plain values."""
    return asdict(policy) | {"bases": {name: _plain_basis(basis) for name, basis in policy.bases.items()}}


def _plain_basis(basis: Basis) -> dict[str, Any]:
    since = str(basis.since) if basis.since is not None else None
    return asdict(basis) | {"noted": str(basis.noted), "since": since}


def _told(where: Where) -> Iterator[str]:
    if where.phone:
        yield f"phone number of {where.phone}{f', area code {where.area}' if where.area else ''}"
    yield from (f"country {country}" for country in where.countries)
    if where.region:
        yield f"region {where.region}"
    if where.zone:
        yield f"time zone {where.zone}"
    if where.locale:
        yield f"language {where.locale}"


def _local(ruling: Ruling, at: datetime) -> str:
    return f"{at.astimezone(ruling.zone):%a %Y-%m-%d %H:%M}"
