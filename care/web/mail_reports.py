"""Taking mails that came back over HTTP: for a mail server or a provider that posts them instead of delivering them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from care.mailroom.taking import Mailroom, Taken
from care.store import inbox
from care.web.api import body
from care.web.authorizing import REFUSALS, needs
from care.web.context import Here
from care.web.problems import RefusalError, described

MEDIA_TYPE = "message/rfc822"

router = APIRouter(prefix="/v1/mail", tags=["mail"], responses=REFUSALS)

_BODY: dict[str, Any] = {
    "required": True,
    "description": "One e-mail as it came, at most 2 MiB: a bounce, a complaint, an unsubscribing mail.",
    "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}


class ReportOut(BaseModel):
    """What became of a mail."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="What it says", examples=["bounced"])
    reason: str = Field(description="The same in a sentence")
    duplicate: bool = Field(description="Whether it was taken before")
    message: str | None = Field(description="Key of the message it is about")
    closed: str | None = Field(description="Why its address is closed from now on", examples=["bounced"])

    @classmethod
    def of(cls, taken: Taken) -> "ReportOut":
        """The answer for a mail that was taken."""
        heard = taken.heard
        message = heard.claim.key if heard.claim is not None else None
        return cls(
            kind=taken.kind,
            reason=taken.reason,
            duplicate=not heard.is_new,
            message=message,
            closed=heard.closed or None,
        )


@router.post(
    "/reports",
    status_code=202,
    summary="Hand over an e-mail that came back",
    openapi_extra={"requestBody": _BODY},
    responses=described("malformed-body", "body-too-large", "unsupported-media-type"),
    dependencies=[needs("mail-reports:write")],
)
def post_report(request: Request, here: Here, raw: Annotated[bytes, Depends(body)]) -> ReportOut:
    """Keep a bounce, a complaint or an unsubscribing mail, and let it count at once; the same mail counts once.

    A mail that nobody understands is kept for people, and the answer then says `unread`.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise RefusalError("unsupported-media-type", f"send the e-mail as it came, with Content-Type: {MEDIA_TYPE}")
    if not raw.strip():
        raise RefusalError("malformed-body", "the body is empty; send the e-mail as it came")
    taken = Mailroom(here.engine, here.links, here.settings.secret).take(raw, here.now())
    event = taken.heard.event
    if event is not None and event.status == inbox.PENDING:
        here.workflows.tell_soon(event.customer, event.id)
    return ReportOut.of(taken)
