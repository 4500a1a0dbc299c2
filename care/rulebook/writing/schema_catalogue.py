"""The catalogue, the customer types and the rule tests as JSON Schema."""

from care.domain.catalogue import Catalogue, Field
from care.domain.routes import NAMES as ROUTES
from care.rulebook.catalogue_words import (
    CATALOGUE,
    COMPANY,
    ENDPOINT,
    FIELD,
    OFFER,
    QUEUE,
    SPACES,
    TEMPLATE,
    TYPES,
)
from care.rulebook.company import CONSENTING, MARKS
from care.rulebook.vocabulary import CHANNELS, PURPOSES, RULE, SURVEYS
from care.rulebook.writing.schema_fields import known_fields
from care.rulebook.writing.schema_words import (
    NAME,
    TEXT,
    Schema,
    by_name,
    example,
    form_schema,
    list_of,
    matching,
    one_of,
    one_or_more,
    ref,
)

_YES_NO = one_of(("yes", "no"))
_DOTTED = matching("[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*", "a name with one dot, for example order.total")
_FIELD_NAME = matching(rf"(?:{'|'.join(SPACES)})[.][a-z][a-z0-9_]*", f"a field begins with {', '.join(SPACES)}")
_LANGUAGE = matching("[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*", "a language, for example vi or en")
_MOMENT = example("day 7 20:00")


def catalogue_schema() -> Schema:
    """A catalogue; its names are its own, so any name will do in it."""
    shapes = {
        "company": form_schema(COMPANY, _company_shapes()),
        "fields": by_name(form_schema(FIELD, _field_shapes()), _FIELD_NAME),
        "events": one_or_more(_DOTTED),
        "templates": by_name(
            form_schema(
                TEMPLATE,
                {"channels": one_or_more(one_of(CHANNELS)), "purpose": one_of(PURPOSES), "topic": NAME},
            ),
            NAME,
        ),
        "queues": {"anyOf": [by_name({"anyOf": [TEXT, form_schema(QUEUE, {"email": TEXT})]}, NAME), list_of(NAME)]},
        "offers": by_name(form_schema(OFFER, _offer_shapes()), NAME),
        "endpoints": by_name({"anyOf": [TEXT, form_schema(ENDPOINT, {"url": TEXT})]}, NAME),
        "topics": by_name(by_name(example("Ưu đãi", "Offers"), _LANGUAGE), NAME),
        "prices": by_name(example("20 dong", "350 dong per segment"), one_of(CHANNELS)),
    }
    return form_schema(CATALOGUE, shapes)


def _company_shapes() -> dict[str, Schema]:
    days = one_or_more(example("2027-02-05 to 2027-02-11"))
    return {
        **dict.fromkeys(("name", "address", "phone", "website", "email"), TEXT),
        "timezone": example("Asia/Ho_Chi_Minh"),
        "locale": example("vi", "en"),
        "quiet_hours": example("21:00 to 08:00"),
        "business_hours": one_or_more(example("Mon to Sat 08:00 to 17:30")),
        "frequency_cap": example("3 messages in 7 days"),
        "survey_cap": example("1 survey in 30 days"),
        "double_opt_in": one_or_more(one_of(CHANNELS)),
        "holidays": {"anyOf": [days, by_name(days)]},
        "sms_route": one_of(ROUTES),
        "sms_marks": one_of(MARKS),
        "marketing_consent": one_of(CONSENTING),
        "spread": example("10 minutes"),
        "sms_opt_out": example("TC to 19001234"),
    }


def _field_shapes() -> dict[str, Schema]:
    return {
        "type": one_of(TYPES),
        "choices": one_or_more(TEXT),
        "from": TEXT,
        "to": TEXT,
        "whole": _YES_NO,
        "always": _YES_NO,
        "set_by": one_of(f"survey {survey}" for survey in SURVEYS),
        "as": _DOTTED,
    }


def _offer_shapes() -> dict[str, Schema]:
    return {"template": NAME, "code": TEXT, "redeemed_by": _DOTTED, "once_per": one_of(("customer", "order"))}


def customer_types_schema(catalogue: Catalogue) -> Schema:
    """Rules for the choice fields, each giving one of the field's words."""
    choices = [field for field in known_fields(catalogue) if field.type == "choice"]
    return {
        "type": "object",
        "description": "Who a customer is: for each field, the first rule that holds.",
        "properties": {field.name: list_of(_type_rule(field)) for field in choices},
        "additionalProperties": False,
    }


def _type_rule(field: Field) -> Schema:
    word = one_of(field.choices)
    return form_schema(RULE, {"when": ref("condition_of_customer"), "then": word, "otherwise": word})
