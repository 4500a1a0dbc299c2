"""The API's description of itself."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from care.web.api_models import BatchOut, ReceiptOut
from care.web.event_models import EXAMPLE_EVENT, PAYLOADS, Batch, CloudEventIn, EventIn
from care.web.problems import MEDIA_TYPE, Problem, described

DESCRIPTION = """
Aftercare carries every customer of a shop from a purchase to the next one. The shop's systems say what happened; the
marketers' rules decide what to do about it; every decision can be read afterwards.

* Send events to `POST /v1/events` with the header `Authorization: Bearer KEY`.
* Once the answer is `202`, the event is on disk and will be decided, whatever happens to any process.
* Every error is a problem as RFC 9457 describes it, and names each fault by its JSON pointer.
* Which events and fields exist is agreed in the catalogue, `rules/catalog.yaml`.
"""

_REF = "#/components/schemas/{model}"
_MODELS: tuple[type[BaseModel], ...] = (
    *(EventIn, Batch, CloudEventIn, Problem, ReceiptOut, BatchOut),
    *PAYLOADS.values(),
)
_CLOUD_EXAMPLE = {
    "specversion": "1.0",
    **{name: EXAMPLE_EVENT[name] for name in ("id", "source", "type", "time")},
    "datacontenttype": "application/json",
    "data": {name: EXAMPLE_EVENT[name] for name in ("customer", "order")},
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}


EVENT_BODY: dict[str, Any] = {
    "required": True,
    "description": "At most 2 MiB.",
    "content": {
        "application/json": {
            "schema": {"anyOf": [_ref("EventIn"), _ref("Batch"), {"type": "array", "items": _ref("EventIn")}]},
            "examples": {
                "one event": {"value": EXAMPLE_EVENT},
                "a batch": {"value": {"events": [EXAMPLE_EVENT]}},
            },
        },
        "application/cloudevents+json": {"schema": _ref("CloudEventIn"), "example": _CLOUD_EXAMPLE},
        "application/cloudevents-batch+json": {
            "schema": {"type": "array", "items": _ref("CloudEventIn")},
            "example": [_CLOUD_EXAMPLE],
        },
    },
}
EVENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Committed: a receipt for one event, receipts for a batch",
        "content": {"application/json": {"schema": {"anyOf": [_ref("ReceiptOut"), _ref("BatchOut")]}}},
    },
    **described("malformed-body", "conflict", "body-too-large", "unsupported-media-type", "invalid-event"),
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the API, with the models that are read by hand."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        _, defined = models_json_schema([(model, "validation") for model in _MODELS], ref_template=_REF)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.update(defined["$defs"])
        for path in schema["paths"].values():
            for operation in path.values():
                _answer_with_problems(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def _answer_with_problems(operation: dict[str, Any]) -> None:
    """FastAPI describes its own shape for 422; ours is a problem everywhere."""
    for status, answer in operation.get("responses", {}).items():
        if status == "422" and MEDIA_TYPE not in answer.get("content", {}):
            answer["content"] = {MEDIA_TYPE: {"schema": _ref("Problem")}}
