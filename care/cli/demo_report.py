"""What the demo prints when the days are over: three customers, the shop at a glance, and where to look next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.text import Text
from sqlalchemy import ColumnElement, Connection, Engine, func, select

from care.cli.audit import record_of
from care.cli.timeline import timeline_lines
from care.domain.audit import code_words
from care.domain.metrics import Share
from care.peers.mailbox import Mailbox
from care.settings import Settings
from care.store import schema
from care.store.engine import reading
from care.store.inbox import PENDING
from care.store.summary import Summary, summary

_TICKETS, _ENROLLED, _CLAIMS, _ANSWERS = schema.tickets, schema.enrolments, schema.claims, schema.answers
_CUSTOMERS = schema.customers
STORIES = 3


@dataclass(frozen=True, slots=True)
class Story:
    """A customer worth a look."""

    title: str
    customer: str


def stories(engine: Engine) -> list[Story]:
    """One delighted customer, one rescued by a ticket, one who returned the goods; whoever of them there is."""
    happy = _of(_ANSWERS).where(_ANSWERS.c.survey == "csat", _ANSWERS.c.score >= 4).exists()
    unhappy = _of(_ANSWERS).where(_ANSWERS.c.survey == "csat", _ANSWERS.c.score <= 2).exists()
    won = _of(_ENROLLED).where(_ENROLLED.c.converted).exists()
    offered = _of(_CLAIMS).where(_CLAIMS.c.offer != "", _CLAIMS.c.phase == "sent").exists()
    helped = _of(_TICKETS).where(_TICKETS.c.status == "closed").exists()
    heard = _of(_CLAIMS).where(_CLAIMS.c.template == "we_hear_you", _CLAIMS.c.phase == "sent").exists()
    returned = _of(_ENROLLED).where(_ENROLLED.c.reason.contains("order.returned")).exists()
    wanted = {
        "A delighted customer": [happy & offered & won, happy & offered, happy],
        "A customer rescued by a ticket": [unhappy & helped & heard, helped],
        "A customer who returned the goods": [returned],
    }
    with reading(engine) as conn:
        found = ((title, _first(conn, conditions)) for title, conditions in wanted.items())
        return [Story(title, customer) for title, customer in found if customer is not None]


def _of(table: Any) -> Any:
    return select(table.c.customer).where(table.c.customer == _CUSTOMERS.c.key)


def _first(conn: Connection, conditions: list[ColumnElement[bool]]) -> str | None:
    for condition in conditions:
        query = select(_CUSTOMERS.c.shop_id).where(condition).order_by(_CUSTOMERS.c.shop_id).limit(1)
        customer = conn.execute(query).scalar()
        if customer is not None:
            return str(customer)
    return None


def print_story(out: Console, engine: Engine, story: Story) -> None:
    """Print a customer's timeline with its whys."""
    found = record_of(engine, story.customer)
    _headline(out, story.title)
    who = found.person
    out.print(" · ".join(part for part in (who.name, who.id, who.locale, found.zone.key) if part), style="bold")
    out.print()
    for line in timeline_lines(found.timeline, found.zone, why=True):
        out.print(line, soft_wrap=True)
    out.print()


def _headline(out: Console, text: str) -> None:
    out.print(text, style="bold")
    out.print("─" * len(text), style="bold")


def print_summary(out: Console, found: Summary, facts: Mapping[str, Any]) -> None:
    """Print the shop at a glance."""
    _headline(out, "Ninety days at a glance")
    for name, text in _rows(found, facts):
        out.print(Text(f"{name:<12}", style="dim") + Text(text, style="default"), soft_wrap=True)
    out.print()


def _rows(found: Summary, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Customers", f"{found.customers:,} with {facts['purchases']:,} purchases, {found.events:,} events"
    yield "Enrolled", f"{found.enrolled:,}; {found.converted:,} reached their goal, {found.running:,} still running"
    yield "Ended", _counts(found.ended)
    sent = sum(found.sent.values())
    yield "Sent", f"{sent:,} ({_counts(found.sent)}), failed {found.failed:,}, unknown {found.unknown:,}"
    yield "Not sent", _reasons(found.skipped)
    yield "Not entered", _reasons(found.not_entered)
    yield "Surveys", f"{found.answered.count:,} of {found.answered.total:,} answered ({_percent(found.answered)})"
    yield "CSAT", f"{_percent(found.csat)} of {found.csat.total:,} are satisfied"
    points = "not known" if found.nps.value is None else f"{found.nps.value:+.0f}"
    yield "NPS", f"{points} from {found.nps.total:,} answers"
    yield "Offers", f"{found.offers_made:,} made, {found.offers_redeemed:,} redeemed"
    late = f", {found.tickets_overdue:,} of them overdue" if found.tickets_open else ""
    yield "Tickets", f"{found.tickets_closed:,} closed, {found.tickets_open:,} open{late}"
    yield "Real time", f"{facts['seconds']:.0f} s for {facts['days']} days"


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "none"


def _reasons(found: Mapping[str, int]) -> str:
    return _counts({code_words(code): count for code, count in found.items()})


def _percent(of: Share) -> str:
    return "not known" if of.value is None else f"{of.value:.0f} %, between {of.low:.0f} and {of.high:.0f}"


def as_json(found: Summary, facts: Mapping[str, Any], told: list[Story]) -> dict[str, Any]:
    """The same for programs."""
    return {**asdict(found), **facts, "stories": {story.title: story.customer for story in told}}


def troubles(engine: Engine, mailbox: Mailbox, told: Sequence[Story] | None) -> list[str]:
    """What should not have happened, in sentences.

    Args:
        engine: The store.
        mailbox: What the mail catcher took.
        told: The stories that were found; ``None`` when some may be missing.
    """
    found = []
    with reading(engine) as conn:
        pending = conn.execute(_how_many(schema.inbox, schema.inbox.c.status == PENDING)).scalar_one()
        stuck = conn.execute(_how_many(_CLAIMS, _CLAIMS.c.phase.in_(("claimed", "transmitting")))).scalar_one()
        broken = conn.execute(select(_CLAIMS.c.template).where(_CLAIMS.c.code == "template").distinct()).scalars().all()
    if pending:
        found.append(f"{pending} events were never decided")
    if stuck:
        found.append(f"{stuck} messages have no outcome")
    if broken:
        found.append(f"templates that could not be rendered: {', '.join(sorted(broken))}")
    twice = sum(count > 1 for count in mailbox.count_by_message_id().values())
    if twice:
        found.append(f"{twice} e-mails were received twice")
    if told is not None and len(told) < STORIES:
        found.append(f"only {len(told)} of {STORIES} kinds of customer occurred; try another --seed")
    return found


def _how_many(table: Any, where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(table).where(where)


def print_next(out: Console, settings: Settings | None, told: Sequence[Story]) -> None:
    """Print where to look next; ``settings`` when the data is still there afterwards."""
    out.print("Where to look next", style="bold")
    if settings is not None:
        who = told[0].customer if told else ""
        out.print(f"  {settings.public_url}/                     the console on these ninety days")
        out.print(f"  CARE_DATA_DIR={settings.data_dir} care audit {who} --why     one customer, every decision")
    else:
        out.print("  care demo --keep          the same again, and then the console on these ninety days")
    out.print("  rules/README.md           the rules that did this, and how to change them")
    out.print("  care up                   the real thing, in real time")


def read_summary(engine: Engine) -> Summary:
    """The shop at a glance, as the store has it now."""
    with reading(engine) as conn:
        return summary(conn)
