"""Rule tests and promises as JSON Schema: what must be true of customers."""

from care.domain.catalogue import Catalogue
from care.rulebook.catalogue_words import EXPECTATION, EXPECTED, HAPPENING, TEST, TEST_FILE
from care.rulebook.promises import PROMISE, PROMISE_FILE
from care.rulebook.testdata import payload_names
from care.rulebook.vocabulary import CHANNELS, PURPOSES, STEPS, SURVEYS
from care.rulebook.writing.schema_words import (
    LENGTH,
    NAME,
    TEXT,
    Schema,
    example,
    form_schema,
    list_of,
    one_of,
    one_or_more,
    ref,
)

_YES_NO = one_of(("yes", "no"))
_MOMENT = example("day 7 20:00")


def tests_schema(catalogue: Catalogue) -> Schema:
    """Rule tests: what is given, what happens, what must follow."""
    happening = form_schema(HAPPENING, {"at": _MOMENT, "event": ref("event"), "order": one_of(("own", "other"))})
    happening["properties"] |= _payload(catalogue)
    test = form_schema(
        TEST,
        {
            "test": TEXT,
            "starts": example("2026-03-02 10:00"),
            "timezone": example("Asia/Tokyo"),
            "given": _given(catalogue),
            "happens": list_of(happening),
            "expect": list_of(form_schema(EXPECTATION, _expectation_shapes(catalogue))),
        },
    )
    return form_schema(TEST_FILE, {"journey": NAME, "tests": list_of(test)})


def _given(catalogue: Catalogue) -> Schema:
    consents = {f"consent.{channel}.{purpose}": _YES_NO for channel in CHANNELS for purpose in PURPOSES}
    own = {"customer.locale": example("vi", "en"), "reach": one_or_more(one_of(CHANNELS))}
    facts = {name: ref(f"value.{name}") for name in catalogue.fields}
    outside = {r"^split\.[a-z][a-z0-9_]*$": TEXT, r"^webhook\.[a-z][a-z0-9_]*\.[^.]": TEXT}
    return {
        "type": "object",
        "properties": facts | own | consents,
        "patternProperties": outside,
        "additionalProperties": False,
    }


def _payload(catalogue: Catalogue) -> dict[str, Schema]:
    """What any event may carry: fields by their full name, and by the name they have in the event."""
    full = {name: ref(f"value.{name}") for name in catalogue.fields}
    return full | {name: one_or_more(TEXT) for name in sorted(payload_names(catalogue))}


def _expectation_shapes(catalogue: Catalogue) -> dict[str, Schema]:
    return {
        **dict.fromkeys(EXPECTED, TEXT),
        **_names(),
        "at": _MOMENT,
        "ends": _MOMENT,
        "never": _never(catalogue),
        "at_most": example("3 messages in 7 days"),
    }


def promises_schema(catalogue: Catalogue) -> Schema:
    """Promises: what must hold of every customer."""
    names = {**_names(), "webhook": ref("endpoint")}
    steps = {"type": "object", "properties": names, "additionalProperties": False, "minProperties": 1}
    promise = form_schema(
        PROMISE,
        {
            "promise": TEXT,
            "journey": NAME,
            "when": ref("condition"),
            "always": {"anyOf": [one_of(names), steps]},
            "within": LENGTH,
            "never": _never(catalogue),
            "at_most": example("3 messages in 7 days"),
            "ends": example("within 120 days"),
        },
    )
    return form_schema(PROMISE_FILE, {"promises": list_of(promise)})


def _names() -> dict[str, Schema]:
    """What a step shows of itself, by its verb."""
    return {"send": ref("template"), "survey": one_of(SURVEYS), "offer": ref("offer"), "ticket": ref("queue")}


def _never(catalogue: Catalogue) -> Schema:
    return TEXT | {"examples": [*STEPS, *catalogue.templates, *catalogue.offers, *catalogue.queues]}
