"""Twilio's public description of its Messages API, and what in an answer or a request is not as it says."""

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SPEC = json.loads(Path(__file__).with_name("twilio_messages.json").read_text())

_KINDS: Mapping[str, type] = {"string": str, "integer": int, "object": dict, "array": list, "boolean": bool}
_PHONE = re.compile(r"\+[1-9]\d{1,14}|(?=.*[A-Za-z])[\w .&-]{1,11}")


def faults(resource: Mapping[str, Any], shape: Mapping[str, Any]) -> list[str]:
    """What in an answer is not as specified; every field must be there."""
    missing = [f"{name} is missing" for name in shape.keys() - resource.keys()]
    return missing + _odd(resource, shape)


def form_faults(form: Mapping[str, str], shape: Mapping[str, Any], required: tuple[str, ...] = ()) -> list[str]:
    """What in a form or a query is not as specified; its values are texts whatever their type."""
    missing = [f"{name} is missing" for name in required if name not in form]
    return missing + _odd({name: _typed(value, shape.get(name, {})) for name, value in form.items()}, shape)


def _typed(text: str, rule: Mapping[str, Any]) -> Any:
    match rule.get("type"):
        case "integer" if text.lstrip("-").isdigit():
            return int(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case _:
            return text


def _odd(found: Mapping[str, Any], shape: Mapping[str, Any]) -> list[str]:
    odd = [f"{name} is not in the specification" for name in found.keys() - shape.keys()]
    for name, rule in shape.items():
        if name not in found:
            continue
        value = found[name]
        if value is None:
            odd += [] if rule.get("nullable") else [f"{name} is null"]
        elif not _fits(value, rule):
            odd.append(f"{name} is {value!r}")
    return odd


def _fits(value: Any, rule: Mapping[str, Any]) -> bool:
    if not isinstance(value, _KINDS[rule["type"]]) or value not in rule.get("enum", [value]):
        return False
    if isinstance(value, int):
        return bool(rule.get("minimum", value) <= value <= rule.get("maximum", value))
    if not isinstance(value, str):
        return True
    long = rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
    return bool(long and re.search(rule.get("pattern", ""), value) and _is_written_as(rule.get("format", ""), value))


def _is_written_as(form: str, value: str) -> bool:
    match form:
        case "date-time-rfc-2822":
            return parsedate_to_datetime(value).tzinfo is not None
        case "phone-number":
            return _PHONE.fullmatch(value) is not None
        case "uri":
            return bool(urlsplit(value).path)
        case _:
            return True
