"""What operators do to a journey, done to a real store as the command line does it."""

from datetime import datetime

from sqlalchemy import Connection

from care.domain.conditions import Value
from care.domain.happenings import EXITED, WOKEN
from care.store import batches, controls, plans, publishing
from care.store.batches import Batch, Kind
from care.store.controls import Control
from care.store.plans import Draft
from care.store.publishing import Wishes
from care.store.whereabouts import whereabouts
from tests.operated import OPERATOR, Act, Emptied, Paused, PublishedAnew, Resumed


def carry_out(conn: Connection, act: Act) -> tuple[Batch, ...]:
    """Write down what an operator decided; answers with the batches that tell customers of it."""
    published = plans.latest(conn)
    assert published is not None
    [journey] = published.journeys
    match act:
        case Paused():
            controls.begin(conn, Control(0, journey, "pause", act.clock, act.at, OPERATOR, "", None, ""))
            return ()
        case Resumed():
            controls.end(conn, journey, "pause", OPERATOR, act.at)
            return (_to_everybody(conn, journey, "wake", WOKEN, act.at),)
        case Emptied():
            return (_to_everybody(conn, journey, "exit", EXITED, act.at, note=act.note),)
        case PublishedAnew():
            draft = Draft(act.at, OPERATOR, "", published.catalogue, published.types, (act.plan,), {})
            proposal = publishing.propose(conn, draft, Wishes("migrate", steps={journey: act.steps}))
            return publishing.apply(conn, proposal, strays=True).batches


def _to_everybody(conn: Connection, journey: str, kind: Kind, event: str, at: datetime, **data: Value) -> Batch:
    batch = Batch(batches.new_id(kind, journey, at), kind, journey, "", at, OPERATOR, "", 0, 0)
    return batches.create(conn, batch, event, {"journey": journey, **data}, whereabouts(conn, [journey]))
