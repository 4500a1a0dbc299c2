"""A customer's rights at the console: everything about one in a file, and everything about one gone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import Field

from care.settings import payload_secrets
from care.store import customers, erasing
from care.store.customers import Person
from care.store.engine import reading, writing
from care.store.erasing import Erasure
from care.store.keyring import Keyring
from care.web.console import support_lead
from care.web.console_view import show
from care.web.context import Here, WebContext
from care.web.desk import Press
from care.web.exporting import export
from care.web.operators import Operator, named
from care.web.problems import RefusalError

router = APIRouter(include_in_schema=False, dependencies=[Depends(support_lead)])


class Erasing(Press):
    """The form that erases a customer; ``confirm`` is the shop's id of the customer, written by hand."""

    confirm: str = Field("", max_length=200)


@router.get("/customers/{key}/export")
def download(here: Here, key: str) -> Response:
    """Everything the store knows of a customer, as a file; its name names nobody."""
    with reading(here.engine) as conn:
        person = _person(here, key)
        document = export(conn, person, here.company().timezone, here.now())
    return JSONResponse(document, headers={"content-disposition": f'attachment; filename="{key}.json"'})


@router.post("/customers/{key}/erase")
def erase(request: Request, here: Here, key: str, form: Annotated[Erasing, Form()]) -> RedirectResponse:
    """Erase a customer for ever; pressed twice, the second press changes nothing."""
    operator = here.operators.of(request)
    here.operators.check(request, operator, form.token)
    operator = Operator(named(form.operator or operator.name), operator.mark)
    with reading(here.engine) as conn:
        done = erasing.of_key(conn, key)
    if done is None:
        person = _person(here, key)
        if form.confirm.strip() != person.id:
            raise RefusalError("invalid-request", "nothing is erased: write the customer's id exactly as it is shown")
        done = _erased(here, key, operator.name, form.note)
    _finish(here, done)
    response = RedirectResponse("/erasures", 303)
    here.operators.remember(response, operator)
    return response


@router.get("/erasures")
def proofs(request: Request, here: Here) -> Response:
    """The proofs that customers were erased: when, by whom, why, and how much."""
    with reading(here.engine) as conn:
        found = erasing.listing(conn)
    return show(request, here, "erasures", {"erasures": found})


def _person(here: WebContext, key: str) -> Person:
    with reading(here.engine) as conn:
        person = customers.person(conn, key)
    if person is None:
        raise RefusalError("not-found", "there is no customer with this key")
    return person


def _erased(here: WebContext, key: str, operator: str, reason: str) -> Erasure:
    ring = Keyring(here.engine, payload_secrets(here.settings))
    try:
        with writing(here.engine) as conn:
            pepper = ring.pepper(conn, make=True)
            assert pepper is not None
            done = erasing.erase(conn, key, pepper, by=operator, reason=" ".join(reason.split()), at=here.now())
    except erasing.ErasureError as error:
        raise RefusalError("invalid-request", f"nothing is erased: {error}") from None
    erasing.scrub(here.engine)
    return done


def _finish(here: WebContext, done: Erasure) -> None:
    """End the workflow now where Temporal answers; the sweep sees to the rest."""
    if done.finished_at is None and here.workflows.forget(done.customer):
        with writing(here.engine) as conn:
            erasing.finish(conn, done.customer, here.now())
