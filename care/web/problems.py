"""One error shape for the whole API: RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from care.domain.errors import CareError

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 100


class Fault(BaseModel):
    """One thing that is wrong with a body, and where."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="JSON pointer into the body that was sent", examples=["/order/total"])
    detail: str = Field(description="What is wrong there", examples=["'12tr' is not a number"])
    hint: str = Field(default="", description="What to write instead", examples=["write 12000000"])


class Problem(BaseModel):
    """A problem as RFC 9457 describes it."""

    type: str = Field(description="Names the kind of problem", examples=["urn:aftercare:problem:invalid-event"])
    title: str = Field(description="The kind of problem in words")
    status: int = Field(description="The HTTP status code again")
    detail: str = Field(description="What happened this time and what to do next")
    instance: str = Field(description="The path that was asked for", examples=["/v1/events"])
    errors: list[Fault] = Field(default_factory=list, description="Every single fault that was found")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status code and its title."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "malformed-body": Kind(400, "The body cannot be read"),
    "unauthorized": Kind(401, "The request carries no valid key"),
    "forbidden": Kind(403, "This is not open to you"),
    "missing-scope": Kind(403, "This key may not do that"),
    "not-found": Kind(404, "There is nothing here"),
    "method-not-allowed": Kind(405, "This address does not take that method"),
    "conflict": Kind(409, "The same event id was already used with another body"),
    "gone": Kind(410, "This link is no longer valid"),
    "body-too-large": Kind(413, "The body is too large"),
    "unsupported-media-type": Kind(415, "This content type is not understood"),
    "misdirected": Kind(421, "This server does not answer to that host name"),
    "invalid-event": Kind(422, "The event does not fit the catalogue"),
    "invalid-request": Kind(422, "The request does not fit its description"),
    "too-many-requests": Kind(429, "Too many requests"),
    "internal": Kind(500, "Something broke here"),
    "unavailable": Kind(503, "Not possible at this moment"),
}


@dataclass(eq=False)
class RefusalError(CareError):
    """A request that is answered with a problem.

    Attributes:
        kind: A key of ``KINDS``.
        detail: What happened and what to do next; it names no address, phone number or key.
        faults: Every fault found, in the order of the body.
    """

    kind: str
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The detail alone: faults may quote what was sent."""
        return self.detail

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return KINDS[self.kind].status


def body_of(refusal: RefusalError, instance: str) -> Problem:
    """The problem a refusal tells."""
    kind = KINDS[refusal.kind]
    return Problem(
        type=f"urn:aftercare:problem:{refusal.kind}",
        title=kind.title,
        status=kind.status,
        detail=refusal.detail,
        instance=instance,
        errors=list(refusal.faults[:MOST_FAULTS]),
    )


def response_of(refusal: RefusalError, instance: str) -> JSONResponse:
    """The answer for a refusal; ``errors`` is left out when there is none."""
    content = body_of(refusal, instance).model_dump()
    if not content["errors"]:
        del content["errors"]
    return JSONResponse(content, refusal.status, dict(refusal.headers), MEDIA_TYPE)


def described(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The answers a route may give besides success, for OpenAPI."""
    answers: dict[int | str, dict[str, Any]] = {}
    for name in kinds:
        kind = KINDS[name]
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[kind.status] = {"description": kind.title, "content": content}
    return answers
