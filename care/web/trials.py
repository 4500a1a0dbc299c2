"""What the links of a test message open: a page that says so. Neither looking nor pressing changes anything."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from care.links import TRIAL_PATH
from care.web.context import Here
from care.web.customer_page import PACED, page

router = APIRouter(include_in_schema=False, dependencies=PACED)


@router.api_route(TRIAL_PATH + "{token}", methods=["GET", "HEAD", "POST"])
def explain(here: Here, request: Request, token: str) -> HTMLResponse:
    """Say that the message was a test."""
    return page(here, request, "test", None, {})
