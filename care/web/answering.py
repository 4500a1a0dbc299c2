"""Turning whatever goes wrong into a problem: JSON for programs, a page for people."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response

from care.store.engine import StoreError, StoreUnavailable
from care.store.plans import NothingPublished
from care.web.bodies import too_large
from care.web.console_view import PAGES, wants_json
from care.web.context import context_of
from care.web.faults import escaped
from care.web.guard import headers_of
from care.web.problems import KINDS, Fault, RefusalError, body_of, response_of

log = logging.getLogger(__name__)

_BY_STATUS = {
    400: ("malformed-body", "the body cannot be read as the content type says"),
    404: ("not-found", "there is no such address"),
    405: ("method-not-allowed", "the header Allow names the methods it takes"),
}


def answer_problems(app: FastAPI) -> None:
    """Have every error answered as a problem."""
    app.add_exception_handler(RefusalError, _refused)
    app.add_exception_handler(NothingPublished, _nothing_published)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _misused)
    for failure in (StoreUnavailable, StoreError, SQLAlchemyError):
        app.add_exception_handler(failure, _store_failed)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(Exception, _broken)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return answer(request, error)


def _nothing_published(request: Request, error: Exception) -> Response:
    return answer(request, RefusalError("unavailable", str(error), headers={"Retry-After": "30"}))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 413:
        return answer(request, too_large())
    kind, why = _BY_STATUS.get(error.status_code, ("internal", str(error.detail)))
    return answer(request, RefusalError(kind, why, headers=error.headers or {}))


def _misused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault(pointer="".join(f"/{escaped(str(part))}" for part in found["loc"]), detail=str(found["msg"]))
        for found in error.errors()
    ]
    return answer(request, RefusalError("invalid-request", "the request does not fit its description", faults))


def _store_failed(request: Request, error: Exception) -> Response:
    log.error("the store failed: %s", type(error).__name__)
    why = "the store does not answer; nothing was stored, and trying again is safe"
    if isinstance(error, StoreError):
        why = str(error)  # It says what to mend, and names no address.
    return answer(request, RefusalError("unavailable", why, headers={"Retry-After": "5"}))


def _unstorable(request: Request, error: Exception) -> Response:
    """Answer for a value that no column can hold, such as U+0000 in a text: under it nothing can be found."""
    if request.method in ("GET", "HEAD"):
        return answer(request, RefusalError("not-found", "nothing can be kept under such a name"))
    return answer(request, RefusalError("invalid-request", "a value holds a character or a number that cannot be kept"))


def _left(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # Whoever asked went away in the middle: nobody reads this, nothing was stored.


def _broken(request: Request, error: Exception) -> Response:
    log.error("%s while answering", type(error).__name__)
    response = answer(request, RefusalError("internal", "the error was logged; trying again later may help"))
    response.headers.update(
        headers_of(https=context_of(request).settings.is_https)
    )  # This answer is made outside of every middleware.
    return response


def answer(request: Request, refusal: RefusalError) -> Response:
    """A problem for a program, or a page for a person."""
    path = request.scope["path"]
    if wants_json(request) or "text/html" not in request.headers.get("accept", "") or path.startswith("/v1/"):
        return response_of(refusal, path)
    problem = body_of(refusal, path)
    html = PAGES.get_template("problem.html").render(problem=problem, kind=KINDS[refusal.kind])
    return HTMLResponse(html, refusal.status, dict(refusal.headers))
