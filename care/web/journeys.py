"""The console's pages for marketers: every journey, its picture, its revisions, and a customer to try it on."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from care.drawing.palette import style_sheet
from care.drawing.picture import chart
from care.drawing.svg import STYLE, svg
from care.drawing.ways import as_plain as plain_chart
from care.store.engine import reading
from care.web.console import CONSOLE
from care.web.console_view import show, wants_json
from care.web.context import Here
from care.web.guard import HEADERS, LETTER_POLICY, source_of
from care.web.journey_changes import changes_page
from care.web.journey_dossier import JourneyDossier
from care.web.journey_drawings import drawn
from care.web.journey_page import VERSION, Looking, journey_page
from care.web.preview_page import FrameUrl, preview_body
from care.web.problems import Fault, RefusalError
from care.web.shelf import shelf
from care.web.trial import Letter
from care.web.trial import as_plain as plain_trial
from care.web.trial_form import Asked
from care.web.trial_page import TrialPage, trial_page

_SCRIPTED = HEADERS["content-security-policy"] + "; script-src 'self'; connect-src 'self'"
_PICTURE = (
    f"default-src 'none'; style-src '{source_of(STYLE)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_LONGEST_NAME = 100

router = APIRouter(prefix="/journeys", include_in_schema=False, dependencies=CONSOLE)


def named(journey: str) -> str:
    """The journey an address names.

    Raises:
        RefusalError: No journey can have such a name.
    """
    if len(journey) > _LONGEST_NAME or not journey.isprintable():
        raise RefusalError("not-found", "there is no journey of this name; /journeys lists them")
    return journey


Journey = Annotated[str, Depends(named)]
Version = Annotated[str, Query(pattern=VERSION)]


@router.get("")
def journeys(request: Request, here: Here) -> Response:
    """Every journey: what customers enter, how many are inside, how the drafts differ, and what is wrong in them."""
    with reading(here.engine) as conn:
        return show(request, here, "journeys", {"shelf": shelf(conn, here)})


@router.get("/picture.css")
def picture_style() -> Response:
    """The colours of pictures on dark paper."""
    return Response(style_sheet(), media_type="text/css")


@router.get("/{journey}")
def journey(request: Request, here: Here, journey: Journey, looking: Annotated[Looking, Query()]) -> Response:
    """One journey: its picture with how many customers are at each step, its revisions, and its draft."""
    with reading(here.engine) as conn:
        dossier = JourneyDossier(conn, here, journey)
        told, picture = journey_page(dossier, looking)
    view: dict[str, Any] = {"page": told}
    if wants_json(request):
        return show(request, here, "journey", view | {"picture": plain_chart(picture.chart) if picture else None})
    return show(request, here, "journey", view | {"picture": drawn(picture) if picture else None})


@router.get("/{journey}/picture.svg")
def picture(here: Here, journey: Journey, version: Version = "") -> Response:
    """The picture of a journey alone."""
    with reading(here.engine) as conn:
        dossier = JourneyDossier(conn, here, journey)
    plan = dossier.plan(version)
    if plan is None:
        raise RefusalError("not-found", "the draft cannot be read; the journey's page tells what is wrong")
    drawing = svg(chart(plan, dossier.catalogue(version)))
    return Response(drawing, media_type="image/svg+xml", headers={"Content-Security-Policy": _PICTURE})


@router.get("/{journey}/revisions/{span}")
def compared(request: Request, here: Here, journey: Journey, span: str) -> Response:
    """What changed between two versions, and what publishing the draft would do."""
    with reading(here.engine) as conn:
        told, pictures = changes_page(conn, here, JourneyDossier(conn, here, journey), span)
    view: dict[str, Any] = {"page": told}
    if not wants_json(request):
        view["old"] = drawn(pictures.old, "old-") if pictures.old is not None else None
        view["new"] = drawn(pictures.new)
    return show(request, here, "journey_changes", view)


@router.get("/{journey}/preview")
def preview(request: Request, here: Here, journey: Journey, asked: Annotated[Asked, Query()]) -> Response:
    """Try a journey on one made-up customer: what happens when, why, and every message as it will be sent."""
    told = trial_page(here, journey, asked)
    if wants_json(request):
        return show(request, here, "journey_preview", _plain(told))
    body = preview_body(told.trial, _frames(told)) if told.trial is not None else None
    status = 422 if told.faults else 200
    response = show(request, here, "journey_preview", {"page": told, "body": body}, status)
    response.headers["Content-Security-Policy"] = _SCRIPTED
    return response


@router.get("/{journey}/preview/letter")
def preview_letter(
    here: Here, journey: Journey, asked: Annotated[Asked, Query()], key: Annotated[str, Query(max_length=300)] = ""
) -> HTMLResponse:
    """The HTML of one e-mail of a trial, shut into its frame."""
    trial = trial_page(here, journey, asked).trial
    letter = next((each for each in trial.letters if each.key == key), None) if trial is not None else None
    if letter is None:
        raise RefusalError("not-found", "this trial sends no such message")
    return HTMLResponse(letter.html, headers={"Content-Security-Policy": LETTER_POLICY})


def _frames(told: TrialPage) -> FrameUrl:
    """Where a page gets the HTML of a trial's e-mails from: the same trial, played again."""
    place = f"/journeys/{quote(told.journey, safe='')}/preview/letter"

    def url(letter: Letter) -> str:
        return f"{place}?{told.asked.query(rules=told.rules, key=letter.key)}"

    return url


def _plain(told: TrialPage) -> dict[str, Any]:
    """A trial as plain values.

    Raises:
        RefusalError: It could not be played; the faults say why.
    """
    if told.trial is None:
        faults = [Fault(pointer=f"/{name}", detail=words) for name, words in told.faults.items()]
        faults += [Fault(pointer=each.place, detail=each.message, hint=each.hint) for each in told.problems]
        raise RefusalError("invalid-request", "the journey cannot be tried as it was asked for", faults)
    return {"rules": told.rules, "asked": told.asked.model_dump(by_alias=True), **plain_trial(told.trial)}
