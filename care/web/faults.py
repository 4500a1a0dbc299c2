"""What pydantic found, in words a person can act on."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from care.web.event_models import CloudEventData, CloudEventIn
from care.web.problems import Fault

_EXTENSION = re.compile(r"^[a-z0-9]{1,50}$")
_JSON_TYPES = ("application/json",)


def nearest(name: str, known: Collection[str]) -> str:
    """A hint with the nearest known name, or nothing."""
    near = get_close_matches(name[:80], known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def escaped(name: str) -> str:
    """A name as one part of a JSON pointer (RFC 6901)."""
    return name[:80].replace("~", "~0").replace("/", "~1")


def of_shape(error: ValidationError, model: type[BaseModel], at: str) -> Iterator[Fault]:
    """Every fault of one model; ``at`` points to what was read."""
    for found in error.errors(include_url=False):
        path = "".join(f"/{escaped(str(part))}" for part in found["loc"])
        yield Fault(pointer=f"{at}{path}", detail=_said(found), hint=_hint(found, model))


def of_envelope(cloud: CloudEventIn, at: str) -> Iterator[Fault]:
    """What is wrong with a CloudEvent's own attributes."""
    kind = (cloud.datacontenttype or _JSON_TYPES[0]).partition(";")[0].strip().lower()
    if kind not in _JSON_TYPES:
        yield Fault(pointer=f"{at}/datacontenttype", detail=f"{kind[:60]!r} is not read", hint="send application/json")
    for name in cloud.model_extra or {}:
        if not _EXTENSION.match(name):
            hint = nearest(name, CloudEventIn.model_fields) or "extension attributes are lower-case letters and digits"
            yield Fault(pointer=f"{at}/{escaped(name)}", detail="this is not a CloudEvents attribute", hint=hint)


def _said(found: Any) -> str:
    context = found.get("ctx", {})
    match found["type"]:
        case "missing":
            return "this is required"
        case "extra_forbidden":
            return f"unknown field {str(found['loc'][-1])[:80]!r}"
        case "string_too_short" | "too_short":
            return "this must not be empty"
        case "string_too_long":
            return f"this is longer than {context['max_length']:,} characters"
        case "literal_error":
            return f"this must be {context['expected']}"
        case "value_error":
            return f"this {context['error']}"
        case kind:
            return f"this must be {_KINDS.get(kind, 'another type: ' + found['msg'].lower())}"


_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def _hint(found: Any, model: type[BaseModel]) -> str:
    if found["type"] == "missing":
        return f"add {found['loc'][-1]!r}"
    if found["type"] != "extra_forbidden":
        return ""
    inner = model is CloudEventIn and len(found["loc"]) > 1
    names = (CloudEventData if inner else model).model_fields
    return nearest(str(found["loc"][-1]), names) or f"known fields: {', '.join(names)}"
