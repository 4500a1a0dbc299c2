"""Journeys as JSON Schema: every form of the language, with the catalogue's names where names stand."""

from collections.abc import Iterable

from care.domain.catalogue import Catalogue, Template
from care.rulebook.vocabulary import (
    CHANNELS,
    EXIT_RULE,
    GOAL,
    JOURNEY,
    PRIORITIES,
    RULE,
    SENDING,
    STEPS,
    SURVEYS,
    TABLE,
    TRIGGER,
)
from care.rulebook.waits import WAITS
from care.rulebook.writing.schema_words import (
    LENGTH,
    NAME,
    TEXT,
    Schema,
    Shapes,
    by_name,
    example,
    form_schema,
    list_of,
    matching,
    one_of,
    one_or_more,
    ref,
)

_CHANNELS_IN_ORDER = r"[a-z][a-z0-9_]*(?:\s+[tT][hH][eE][nN]\s+[a-z][a-z0-9_]*)*"
# A table may be named instead of a name of the catalogue; it then has the column that is called so.
_CHOSEN = {"template": ("send", "ask"), "offer": ("offer",), "queue": ("ticket",), "channel": ("by", "fallback")}
_ORDER = "write a channel, or several with 'then' between: sms then email"
_NO_PATH = ("continue", "exit")


def journey_definitions(catalogue: Catalogue) -> dict[str, Schema]:
    """A journey and its parts, by name."""
    return {
        **_names(catalogue),
        "rule": form_schema(RULE, {"when": ref("condition"), "then": _target(), "otherwise": _target()}),
        **{f"needed_for_{verb}": form_schema(form, _step_shapes(verb, catalogue)) for verb, form in STEPS.items()},
        "step": _step(catalogue),
        "table": _table(catalogue),
        "journey": _journey(catalogue),
    }


def _names(catalogue: Catalogue) -> dict[str, Schema]:
    """The catalogue's names, each with what it stands for."""
    templates, offers, queues = catalogue.templates, catalogue.offers, catalogue.queues
    return {
        "field": one_of(catalogue.fields),
        "event": one_of(catalogue.events),
        "template": one_of(templates, (_template_words(each) for each in templates.values())),
        "offer": one_of(offers, (f"code {each.code}, by the message {each.template}" for each in offers.values())),
        "queue": one_of(queues, (each.email or "told to the journey's owner" for each in queues.values())),
        "endpoint": one_of(catalogue.endpoints, (each.url for each in catalogue.endpoints.values())),
        "channel": one_of(CHANNELS),
    }


def _template_words(template: Template) -> str:
    return f"{template.purpose}; written for {' and '.join(template.channels)}"


def _step(catalogue: Catalogue) -> Schema:
    """A step: its verb decides what may stand beside it; without one, the verbs are what is offered."""
    verbs = {
        verb: {"description": form.meaning.replace("``", "`"), **_verb(verb, catalogue)} for verb, form in STEPS.items()
    }
    made: Schema = {"type": "object", "properties": verbs, "additionalProperties": False, "minProperties": 1}
    for verb in reversed(STEPS):
        made = {"if": {"type": "object", "required": [verb]}, "then": ref(f"needed_for_{verb}"), "else": made}
    return made


def _step_shapes(verb: str, catalogue: Catalogue) -> Shapes:
    """What the settings of a step take; a new setting of the language takes anything until it is listed here."""
    lengths = dict.fromkeys(("up_to", "expires", "valid_for", "sla", "every"), LENGTH)
    return {
        "id": NAME,
        **dict.fromkeys(("only_if", "until"), ref("condition")),
        **lengths,
        "remind": example("after 2 days"),
        "ask": _or_table("template"),
        **dict.fromkeys(("by", "fallback"), _channels()),
        "with": by_name(TEXT, NAME),
        **dict.fromkeys(("about", "times"), TEXT),
        "priority": one_of(PRIORITIES),
        "escalate_to": ref("queue"),
        "if_past": {
            "anyOf": [one_of(_NO_PATH), matching(r"skip\s+to\s+\S+", "write continue, exit, or skip to and a path")]
        },
        "when": ref("condition_at_event"),
        "of": one_of(("order", "customer")),
        "otherwise": _target(),
        "between": by_name(example("50%")),
        "holdout": example("10%"),
        "save": by_name(TEXT, one_of(name for name in catalogue.fields if name.startswith("journey."))),
        verb: _verb(verb, catalogue),
    }


def _verb(verb: str, catalogue: Catalogue) -> Schema:
    """What stands behind the verb of a step."""
    shapes: dict[str, Schema] = {
        "send": _or_table("template"),
        "survey": one_of(SURVEYS),
        "offer": _or_table("offer"),
        "ticket": _or_table("queue"),
        "wait": example("3 days", "4 business hours", *(form.example for form in WAITS)),
        "wait_for": ref("event"),
        "branch": list_of(ref("rule")),
        "split": NAME,
        "set": _set(catalogue),
        "webhook": ref("endpoint"),
        "repeat": NAME,
        "exit": TEXT,
    }
    return shapes.get(verb, {})


def _set(catalogue: Catalogue) -> Schema:
    """Values of the journey, and changes of the customer's lists."""
    fields = catalogue.fields.values()
    values = {field.name: ref(f"value.{field.name}") for field in fields if field.name.startswith("journey.")}
    lists = {
        field.name: one_or_more(example("add reviewer", "remove reviewer"))
        for field in fields
        if field.type == "list" and field.name.startswith("customer.")
    }
    return {"type": "object", "properties": values | lists, "additionalProperties": False, "minProperties": 1}


def _or_table(column: str) -> Schema:
    """A name of the catalogue, or a table of the journey; the journey as a whole says whether it has such a table."""
    return {"anyOf": [ref(column), NAME]}


def _channels() -> Schema:
    return {"anyOf": [ref("channel"), matching(_CHANNELS_IN_ORDER, _ORDER), list_of(NAME)]}


def _target() -> Schema:
    return example(*_NO_PATH)


def _table(catalogue: Catalogue) -> Schema:
    row = {"anyOf": [list_of(one_or_more(TEXT)), by_name(one_or_more(TEXT), one_of(("otherwise",)))]}
    return form_schema(
        TABLE,
        {
            "given": one_or_more(ref("field")),
            "choose": one_or_more(TEXT | {"examples": [*_CHOSEN, "path"]}),
            "rows": {"anyOf": [list_of(row), matching(r".+\.csv", "write rows, or the name of a .csv file")]},
            "pick": one_of(("first", "unique")),
        },
    )


def _journey(catalogue: Catalogue) -> Schema:
    event = {"event": ref("event"), "when": ref("condition_at_event"), "of": one_of(("order", "customer"))}
    quiet = {"quiet_hours": example("20:00 to 09:00"), "frequency_cap": example("2 messages in 7 days")}
    steps = list_of(ref("step"))
    made = form_schema(
        JOURNEY,
        {
            "journey": NAME,
            **dict.fromkeys(("title", "owner"), TEXT),
            "trigger": form_schema(TRIGGER, event),
            "audience": ref("condition_at_event"),
            "re_entry": {
                "anyOf": [
                    one_of(("never", "always", "once per order")),
                    matching(r"[aA]fter\s+\S.*", "write never, always, once per order, or after 30 days"),
                ]
            },
            "goal": form_schema(GOAL, {**event, "within": LENGTH}),
            "exit_when": list_of(form_schema(EXIT_RULE, event)),
            "priority": one_of(PRIORITIES),
            "sending": form_schema(SENDING, {**quiet, "timezone": example("Asia/Tokyo")}),
            "define": by_name(ref("condition_at_event"), NAME),
            "tables": by_name(ref("table"), NAME),
            "steps": steps,
            "paths": by_name(steps, NAME),
        },
    )
    return made | {"allOf": [_unless_chosen(column, settings) for column, settings in _CHOSEN.items()]}


def _unless_chosen(column: str, settings: Iterable[str]) -> Schema:
    """Where no table has this column, only names of the catalogue will do."""
    has = {"properties": {"choose": {"anyOf": [{"const": column}, {"type": "array", "contains": {"const": column}}]}}}
    none = {"properties": {"tables": {"additionalProperties": {"not": has | {"required": ["choose"]}}}}}
    names = ref(column)
    if column == "channel":
        known = "|".join(CHANNELS)
        in_order = matching(
            rf"(?:{known})(?:\s+[tT][hH][eE][nN]\s+(?:{known}))*", f"the channels are {', '.join(CHANNELS)}"
        )
        names = {"anyOf": [ref(column), in_order, list_of(in_order)]}
    # By pattern, since an editor would offer settings by name wherever a step is written.
    steps = list_of({"patternProperties": {f"^({'|'.join(settings)})$": names}})
    return {"if": none, "then": {"properties": {"steps": steps, "paths": {"additionalProperties": steps}}}}
