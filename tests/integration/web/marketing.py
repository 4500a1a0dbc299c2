"""A shop with a rules folder of its own: its marketer writes drafts and publishes them, and customers walk through."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert

from care.domain.enrolment import CustomerState, Enrolment
from care.rulebook.workspace import load
from care.store import customers, plans, schema
from care.store.customers import as_kept
from care.store.engine import reading, writing
from care.store.plans import Draft, Publication
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, ROOT, Shop, a_delivery

JOURNEY = "machine_care"
HOSTILE = "<script>alert('lan')</script>"
RULES = """\
journey: machine_care
title: Chăm sóc khách mua máy giặt
owner: cskh@dienmay.example
trigger:
  event: order.delivered
  when: {order.category: washing_machine}
re_entry: once per order
steps:
  - send: thank_you
    by: email
    fallback: sms
  - wait: until day 3 at 09:00
  - survey: csat
    ask: csat_washing_machine
    by: email
    up_to: 7 days
  - branch:
      - when: {csat.score: at most 2}
        then: make_it_right
      - otherwise: continue
  - wait: 5 days
  - send: review_please
    by: email
paths:
  make_it_right:
    - ticket: care_team
      about: Khách chấm {{ csat.score }}/5
      up_to: 7 days
"""


@dataclass
class Marketing:
    """What a marketer and the shop's customers do."""

    shop: Shop
    life: Life = field(init=False)

    def __post_init__(self) -> None:
        self.life = Life(self.shop)
        (self.rules / "journeys").mkdir(parents=True)
        for name in ("catalog.yaml", "customer_types.yaml"):
            shutil.copy(ROOT / "rules" / name, self.rules)

    @property
    def rules(self) -> Path:
        return self.shop.settings.rules_dir

    def write(self, text: str = RULES, name: str = JOURNEY) -> None:
        """Save a draft."""
        (self.rules / "journeys" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        """Write something else into the draft."""
        text = (self.rules / "journeys" / f"{JOURNEY}.yaml").read_text(encoding="utf-8")
        assert old in text
        self.write(text.replace(old, new))

    def publish(self, note: str = "", by: str = "Mai") -> Publication:
        """Publish the folder as it is."""
        workspace = load(self.rules)
        assert workspace.rulebook is not None, workspace.problems
        drafted = tuple(walked.plan for walked in workspace.rulebook.entering.values())
        book = workspace.rulebook
        draft = Draft(self.shop.clock(), by, note, book.catalogue, book.types, drafted, workspace.sources)
        with writing(self.shop.engine) as conn:
            return plans.publish(conn, draft)

    async def sell(self, *numbers: int, name: str = "") -> None:
        """Deliver a washing machine to each of these customers now."""
        events = [a_delivery(number, time=self.shop.clock().isoformat()) for number in numbers]
        for event in events:
            event["customer"]["name"] = name or f"Khách {event['customer']['id']}"
            event["customer"]["phone"] = f"09{20_000_000 + int(event['customer']['id'][3:])}"
        async with self.shop.served(authorization=f"Bearer {KEY}") as api:
            answer = await api.post("/v1/events", json=events)
            assert answer.is_success, answer.text
        await self.life.hear()

    async def answer(self, number: int, score: int) -> None:
        """Let a customer answer the survey."""
        at = self.shop.clock().isoformat()
        said = {"customer": {"id": f"KH-{number}"}, "data": {"score": score}}
        async with self.shop.served(authorization=f"Bearer {KEY}") as api:
            await api.post(
                "/v1/events", json=a_delivery(number, id=f"answer-{number}", type="csat.answered", time=at, **said)
            )
        await self.life.hear()

    def crowd(self, count: int, step: str) -> None:
        """Let this many customers stand at a step."""
        with reading(self.shop.engine) as conn:
            published = plans.latest(conn)
        assert published is not None
        plan_hash, revision = published.journeys[JOURNEY]
        now = self.shop.clock()
        with writing(self.shop.engine) as conn:
            people, runs = [], []
            for number in range(count):
                key, run = f"c_{number:020}", f"e_{number:016}"
                at = Enrolment(run, JOURNEY, plan_hash, now, f"ev-{number}", at=(step,), doing="wait", since=now)
                state = as_kept(CustomerState(key, now, (at,)))
                shown = {"shop_id": f"VIP-{number:05}", "name": "Nguyễn Thị Lan", "fields": {}}
                people.append({"key": key, **shown, "created_at": now, "state": state})
                runs.append(
                    {"id": run, "customer": key, "journey": JOURNEY, "plan": plan_hash}
                    | {"revision": revision, "event": at.event_id, "entered_at": now, "frozen": {}}
                )
            conn.execute(insert(schema.customers), people)
            conn.execute(insert(schema.enrolments), runs)

    def key(self, number: int) -> str:
        """The key of a customer."""
        with reading(self.shop.engine) as conn:
            return str(customers.by_id(conn, f"KH-{number}"))
