"""The console's pages for support leads: they read the store and ask the workflow where a customer stands."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection, select

from care.domain.audit import EntryKind
from care.domain.segments import segments
from care.store import audit, claims, customers, receipts, schema, tickets
from care.store.customers import Person
from care.store.engine import reading
from care.store.entries import entry_of
from care.store.summary import summary
from care.store.tickets import Ticket
from care.web.console_view import show
from care.web.context import Here, WebContext
from care.web.dossier import gather
from care.web.guard import LETTER_POLICY, check_console
from care.web.lines import Show, by_day, lines_of
from care.web.problems import RefusalError

MOST_FOUND = 50
_RECENT = 12
_CLOSED_SHOWN = 50
_SAFE = ("GET", "HEAD")
_MOST_FIELDS = 50
_TELLING: tuple[EntryKind, ...] = (
    "sent",
    "answered",
    "ticket",
    "ticket_closed",
    "failed",
    "unknown",
    "settled",
    "redeemed",
    "alert",
)


def support_lead(request: Request, here: Here) -> None:
    """Let support leads pass only."""
    check_console(request, here.settings, here.throttles.wrong_passwords)


async def own_form(request: Request, here: Here) -> None:
    """Let only the console's own forms change anything: another site may have sent any other (CSRF)."""
    if request.method not in _SAFE:
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        here.operators.check(request, here.operators.of(request), str(form.get("token", "")))


CONSOLE = (Depends(support_lead), Depends(own_form))

router = APIRouter(include_in_schema=False, dependencies=CONSOLE)


@router.get("/")
def home(request: Request, here: Here) -> Response:
    """The shop at a glance, and the customers who need a person."""
    now = here.now()
    with reading(here.engine) as conn:
        waiting = tickets.listing(conn, open_only=True)
        recent = _recent(conn)
        keys = {ticket.customer for ticket in waiting} | {str(line["customer"]) for line in recent}
        view = {
            "summary": summary(conn, now),
            "tickets": waiting,
            "recent": recent,
            "people": _people(conn, keys),
        }
    return show(request, here, "home", view)


def _recent(conn: Connection) -> list[dict[str, object]]:
    told = schema.entries
    query = select(told).where(told.c.kind.in_(_TELLING)).order_by(told.c.id.desc()).limit(_RECENT)
    return [{"customer": row.customer, "entry": entry_of(row)} for row in conn.execute(query)]


def _people(conn: Connection, keys: set[str]) -> dict[str, str]:
    """How each customer is called: by name, else by the shop's id."""
    of = schema.customers
    query = select(of.c.key, of.c.name, of.c.shop_id).where(of.c.key.in_(keys))
    return {row.key: row.name or row.shop_id for row in conn.execute(query)}


@router.post("/find")
def find(request: Request, here: Here, text: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Find customers by id, e-mail, phone or order; posted, so that no address ends up in a log or a history."""
    with reading(here.engine) as conn:
        found = customers.find(conn, text, limit=MOST_FOUND) if text.strip() else []
    if not found:
        return show(request, here, "found", {"text": text.strip(), "found": []}, 404)
    if len(found) == 1:
        return RedirectResponse(f"/customers/{found[0].key}", 303)
    return RedirectResponse("/customers?keys=" + ",".join(person.key for person in found), 303)


@router.get("/customers")
def found_customers(request: Request, here: Here, keys: Annotated[str, Query(max_length=2_000)] = "") -> Response:
    """The customers a search found."""
    with reading(here.engine) as conn:
        known = [customers.person(conn, key) for key in keys.split(",")[:MOST_FOUND]]
    return show(request, here, "found", {"text": "", "found": [person for person in known if person is not None]})


@router.get("/customers/{key}")
def customer(
    request: Request,
    here: Here,
    key: str,
    kinds: Annotated[Show, Query(alias="show")] = "all",
    order: Literal["newest", "oldest"] = "newest",
) -> Response:
    """One customer: where they stand, what comes next, and everything that was decided, with its reasons."""
    dossier = gather(here, key)
    if dossier is None:
        raise _nobody()
    with reading(here.engine) as conn:
        entries = audit.timeline(conn, key)
    days = by_day(lines_of(entries, kinds), dossier.clock, newest_first=order == "newest")
    view = {"dossier": dossier, "days": days, "kinds": kinds, "order": order, "count": len(entries)}
    return show(request, here, "customer", view)


@router.get("/tickets")
def ticket_list(request: Request, here: Here) -> Response:
    """Every open ticket, the most urgent first, and the ones closed last."""
    with reading(here.engine) as conn:
        every = tickets.listing(conn)
        waiting = [ticket for ticket in every if ticket.closed_at is None]
        closed = sorted((ticket for ticket in every if ticket.closed_at is not None), key=_closing, reverse=True)
        closed = closed[:_CLOSED_SHOWN]
        people = _people(conn, {ticket.customer for ticket in (*waiting, *closed)})
    return show(request, here, "tickets", {"open": waiting, "closed": closed, "people": people})


def _closing(ticket: Ticket) -> float:
    return ticket.closed_at.timestamp() if ticket.closed_at is not None else 0.0


@router.get("/messages/{key:path}")
def message(request: Request, here: Here, key: str) -> Response:
    """A message as it was sent, with what became of it."""
    found, person = _message(here, key)
    snapshot = dict(found.snapshot or {})
    with reading(here.engine) as conn:
        heard = receipts.of(conn, key)
    view = {
        "claim": found.claim,
        "receipts": heard,
        "snapshot": snapshot,
        "person": person,
        "segments": segments(str(snapshot.get("text", ""))) if found.claim.channel == "sms" else None,
    }
    return show(request, here, "message", view)


@router.get("/message-html/{key:path}")
def message_html(here: Here, key: str) -> HTMLResponse:
    """The HTML of an e-mail as it was sent, shut into its frame: it may load nothing and run nothing."""
    found, _ = _message(here, key)
    html = str((found.snapshot or {}).get("html") or "")
    return HTMLResponse(html, headers={"Content-Security-Policy": LETTER_POLICY})


def _message(here: WebContext, key: str) -> tuple[claims.Message, Person | None]:
    with reading(here.engine) as conn:
        found = claims.message(conn, key)
        if found is None or found.snapshot is None:
            raise RefusalError("not-found", "no message was sent under this key")
        return found, customers.person(conn, found.claim.customer)


def _nobody() -> RefusalError:
    return RefusalError("not-found", "there is no customer with this key; search by id, e-mail, phone or order")
