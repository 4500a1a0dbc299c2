"""The golden suite: what becomes of a message by the law of where its customer lives, case by case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from care.domain.catalogue import Catalogue, Company
from care.domain.consents import Kind, Statement
from care.domain.customers import Claimed, Facts
from care.domain.policy import Policy
from care.domain.rulebook import Rulebook
from care.domain.ruling import Ruling, ruling_on
from care.imprints import imprinted
from care.numbering import phone_of
from care.rendering import Rendered
from care.rulebook.clocktimes import stretch
from care.rulebook.findings import Findings
from care.rulebook.policies import read_policy, shipped
from care.rulebook.reader import read
from care.store.addresses import CHANNEL_KINDS

DATA = Path(__file__).parents[1] / "data"
CASES: list[dict[str, Any]] = yaml.safe_load((DATA / "policy_cases.yaml").read_text(encoding="utf-8"))
SHOP = Company(
    name="An Nhà", address="12 phố Mẫu", phone="1900 0000", email="a@shop.example", website="https://shop.example"
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KINDS: dict[str, Kind] = {
    "written": "written",
    "given": "express",
    "unconfirmed": "unconfirmed",
    "soft": "soft",
    "withdrawn": "express",
}


@lru_cache
def made_up(name: str) -> Policy:
    findings = Findings(name)
    root = read((DATA / "policies" / f"{name}.yaml").read_text(encoding="utf-8"), findings)
    assert root is not None
    pack = read_policy(root, name, findings)
    assert pack is not None, findings.problems
    return pack


def facts_of(case: Mapping[str, Any]) -> Facts:
    phone = phone_of(case.get("phone", ""))
    zone = case.get("tz") or next(iter(phone.zones), "")
    at = datetime.fromisoformat(case["at"])
    fields = {
        "customer.country": case.get("country"),
        "customer.region": case.get("region"),
        "customer.timezone": case.get("tz"),
        "customer.last_order_at": noon(case.get("bought"), zone),
        "customer.last_inquiry_at": noon(case.get("asked"), zone),
    }
    said = case.get("consent", "written")
    statement = Statement(said != "withdrawn", KINDS[said], LONG_AGO) if said != "none" else None
    sent = [(datetime.fromisoformat(each), case["channel"], "marketing") for each in case.get("sent", ())]
    for each in case.get("sent_otherwise", ()):
        when, channel, purpose = each.split()
        sent.append((datetime.fromisoformat(when), channel, purpose))
    assert all(when < at for when, _, _ in sent)
    return Facts(
        customer="c_golden",
        fields={name: value for name, value in fields.items() if value},
        zone=zone,
        locale=case.get("locale", ""),
        phone=phone,
        addresses={channel: channel for channel in CHANNEL_KINDS},
        statements=dict.fromkeys(((channel, "marketing") for channel in CHANNEL_KINDS), statement) if statement else {},
        ledger=tuple(
            Claimed(when.astimezone(UTC), f"s{number}", "", purpose, channel)
            for number, (when, channel, purpose) in enumerate(sorted(sent))
        ),
    )


def noon(day: str | None, zone: str) -> datetime | None:
    if day is None:
        return None
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ruling_of(case: Mapping[str, Any]) -> tuple[Ruling, Company]:
    company = replace(
        SHOP,
        marketing_consent="as the law allows" if case.get("mode") == "law" else "explicit",
        quiet_hours=stretch(case["quiet_hours"]) if "quiet_hours" in case else None,
    )
    policies = (made_up(case["pack"]),) if "pack" in case else shipped()
    rulebook = Rulebook(Catalogue(company, {}, (), {}, {}, {}), (), {}, {}, policies=policies)
    at = datetime.fromisoformat(case["at"]).astimezone(UTC)
    return ruling_on(facts_of(case), rulebook, case["channel"], case["purpose"], at), company


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_message_meets_its_golden_fate(case: dict[str, Any]) -> None:
    ruling, company = ruling_of(case)
    verdict = ruling.verdict
    until = datetime.fromisoformat(case["until"]) if "until" in case else None
    assert (verdict.kind, verdict.code, verdict.until) == (case["expect"], case.get("code", ""), until), verdict.reason
    assert verdict.kind == "go" or verdict.reason
    assert verdict.checks
    if "label" in case:
        plain = Rendered("Ưu đãi", "Giảm 10%. https://u.example/t", "")
        marked = imprinted(plain, case["channel"], ruling.demands, company, "https://u.example/t", "vi")
        shown = marked.subject if case["channel"] == "email" else marked.text
        assert shown.startswith(case["label"] or ("Ưu" if case["channel"] == "email" else "Giảm"))


def test_the_suite_is_as_large_as_it_says_and_every_case_has_a_name_of_its_own() -> None:
    assert len({case["case"] for case in CASES}) == len(CASES) >= 300
    assert {case["expect"] for case in CASES} == {"go", "hold", "skip"}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["expect"] == "hold"][::5], ids=lambda case: case["case"]
)
def test_a_message_held_until_an_opening_leaves_then_and_not_a_minute_before(case: dict[str, Any]) -> None:
    until = datetime.fromisoformat(case["until"])
    assert ruling_of(case | {"at": until.isoformat()})[0].verdict.kind == "go"
    before = (until - timedelta(minutes=1)).isoformat()
    if before > case["at"]:
        assert ruling_of(case | {"at": before})[0].verdict.until == until
