"""Survey answers: every one is kept; the last one to the same question counts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from care.store import schema
from care.store.inbox import InboxRow
from care.store.incoming import about
from care.store.inserting import insert_new

ANSWERED = ".answered"

_answers = schema.answers


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        survey: ``csat`` (1 to 5), ``nps`` (0 to 10) or ``ces`` (1 to 7).
        about: Id of the survey that asked (the step key), or empty.
        counts: Whether it is the last one to its question.
    """

    survey: str
    score: float
    comment: str
    about: str
    order_id: str | None
    at: datetime
    event: str
    counts: bool


def record(conn: Connection, row: InboxRow) -> None:
    """Keep an answer; the same event is kept once."""
    score = row.event.data.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float):
        return
    insert_new(
        conn,
        _answers,
        {
            "customer": row.customer,
            "survey": row.type.removesuffix(ANSWERED),
            "score": score,
            "comment": str(row.event.data.get("comment") or ""),
            "about": about(row.event.data),
            "order_id": row.order_id,
            "at": row.time,
            "event": row.id,
        },
    )


def listing(conn: Connection, customer: str) -> list[Answer]:
    """A customer's answers, oldest first."""
    return _read(conn, _ranked().where(_answers.c.customer == customer))


def counting(conn: Connection) -> dict[str, list[float]]:
    """The scores that count, by survey: the last answer to each question."""
    scores: dict[str, list[float]] = {}
    for answer in _read(conn, _ranked()):
        if answer.counts:
            scores.setdefault(answer.survey, []).append(answer.score)
    return scores


def _ranked() -> Select[tuple[object, ...]]:
    # An answer that names no survey is a question of its own.
    question = func.coalesce(func.nullif(_answers.c.about, ""), _answers.c.event)
    latest = func.row_number().over(
        partition_by=[_answers.c.customer, _answers.c.survey, question],
        order_by=[_answers.c.at.desc(), _answers.c.number.desc()],
    )
    return select(_answers, latest.label("age")).order_by(_answers.c.at, _answers.c.number)


def _read(conn: Connection, query: Select[tuple[object, ...]]) -> list[Answer]:
    return [
        Answer(row.survey, row.score, row.comment, row.about, row.order_id, row.at, row.event, row.age == 1)
        for row in conn.execute(query)
    ]
