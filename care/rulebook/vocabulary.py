"""The words of rule files: what may stand where. The compiler, ``explain`` and rules/README.md all read them here."""

from care.domain.journey import Plan, Sending, Table, Trigger
from care.domain.steps import (
    Branch,
    Exit,
    OfferStep,
    Repeat,
    Rule,
    Send,
    SetStep,
    Split,
    Survey,
    Ticket,
    Wait,
    WaitFor,
    Webhook,
)
from care.rulebook.words import Form, Setting, form, needed

CHANNELS = ("email", "sms", "zalo")
SURVEYS = ("csat", "nps", "ces")
PURPOSES = ("marketing", "care", "transactional")
PRIORITIES = ("low", "normal", "high")
RESERVED = frozenset({"continue", "exit", "none", "steps", "any", "all", "otherwise", "yes", "no", "missing", "known"})


# Words people try, and the setting that does what they want.
SYNONYMS = {
    "template": "send",
    "channel": "by",
    "when": "only_if",
    "if": "only_if",
    "queue": "ticket",
    "name": "id",
    "timeout": "up_to",
    "else": "otherwise",
    "default": "otherwise",
    "goto": "then",
    "condition": "when",
    "conditions": "when",
    "deadline": "sla",
    "start": "trigger",
    "exit": "exit_when",
    "columns": "choose",
    "words": "with",
}


_EVENT = needed("event", "the event's name, from the catalogue")
_WHEN = Setting("when", "only when these tests hold; a test of event.* looks at the event itself")
_OF = Setting("of", "'order' (the enrolment's own order; this is the default) or 'customer' (any of this customer)")
_ID = Setting("id", "a name for the step; without it the step is called verb:name, for example send:thank_you")
_ONLY_IF = Setting("only_if", "skip the step unless these tests hold; the reason is kept")
_COMMON = (_ID, _ONLY_IF)
_BY = needed("by", "the channel: email, sms or zalo; or a table with a column 'channel'")
_MESSAGE = (
    _BY,
    Setting("fallback", "channels to try when 'by' cannot be used, in order: sms, or 'sms then email'"),
    Setting("with", "words for the template: {greeting: Xin chào}"),
    Setting("expires", "give the message up when it could not leave within this time, for example 2 days"),
)
_UP_TO = needed("up_to", "how long to wait at most, for example 7 days", "J033")

STEPS: dict[str, Form] = {
    "send": form(
        "send",
        Send,
        (needed("send", "the template, or a table with a column 'template'"), *_MESSAGE, *_COMMON),
    ),
    "survey": form(
        "survey",
        Survey,
        (
            needed("survey", "csat, nps or ces"),
            needed("ask", "the template that asks, or a table with a column 'template'"),
            _UP_TO,
            Setting("remind", "ask once more when there is no answer: after 2 days"),
            *_MESSAGE,
            *_COMMON,
        ),
    ),
    "offer": form(
        "offer",
        OfferStep,
        (
            needed("offer", "the offer, or a table with a column 'offer'"),
            Setting("valid_for", "how long the offer lasts, for example 14 days"),
            *_MESSAGE,
            *_COMMON,
        ),
    ),
    "ticket": form(
        "ticket",
        Ticket,
        (
            needed("ticket", "the queue, or a table with a column 'queue'"),
            Setting("about", "what the person should know; {{ csat.score }} shows a value"),
            Setting("priority", "low, normal or high; normal unless it is said"),
            Setting("sla", "when the ticket should be done, for example 4 business hours"),
            _UP_TO,
            Setting("escalate_to", "the queue that takes over when 'sla' has passed"),
            *_COMMON,
        ),
    ),
    "wait": form(
        "wait",
        Wait,
        (
            needed("wait", "3 days, or until …"),
            Setting("if_past", "when the moment is gone or not known: continue, exit, or skip to <path>"),
            *_COMMON,
        ),
    ),
    "wait_for": form(
        "wait_for",
        WaitFor,
        (
            needed("wait_for", "the event's name, from the catalogue"),
            _WHEN,
            _OF,
            _UP_TO,
            Setting("otherwise", "when it does not come: continue, exit, a path, or a table with a column 'path'"),
            *_COMMON,
        ),
    ),
    "branch": form(
        "branch",
        Branch,
        (needed("branch", "a list of rules; the last may be 'otherwise'"), *_COMMON),
    ),
    "split": form(
        "split",
        Split,
        (
            needed("split", "the experiment's name; the same name gives a customer the same side everywhere"),
            needed("between", "each side with its share: {long_mail: 50%, short_mail: 50%}; a path, continue or exit"),
            Setting("holdout", "the share of all customers who walk none of the sides, to compare with: 10%"),
            *_COMMON,
        ),
    ),
    "set": form(
        "set",
        SetStep,
        (needed("set", "values by field: {journey.mood: unhappy, customer.tags: add reviewer}"), *_COMMON),
    ),
    "webhook": form(
        "webhook",
        Webhook,
        (
            needed("webhook", "the endpoint, from the catalogue"),
            Setting("with", "what to post, by name; {{ csat.score }} shows a value"),
            Setting("save", "journey values to fill, each with its place in the answer: {journey.tier: customer.tier}"),
            needed("up_to", "how long to try at most before the journey goes on, for example 1 hour", "J033"),
            *_COMMON,
        ),
    ),
    "repeat": form(
        "repeat",
        Repeat,
        (
            needed("repeat", "the path"),
            needed("times", "how often at most, from 2 to 100", "J033"),
            Setting("every", "from the beginning of one pass to the beginning of the next, for example 90 days"),
            Setting("until", "no further pass once these tests hold; asked before each pass, the first too"),
            *_COMMON,
        ),
    ),
    "exit": form(
        "exit",
        Exit,
        (needed("exit", "the reason, as the support lead will read it"), *_COMMON),
    ),
}

JOURNEY = form(
    "a journey",
    Plan,
    (
        needed("journey", "its name; the file is called the same"),
        Setting("title", "what people see in the console"),
        Setting("owner", "the e-mail address of the person to ask"),
        needed("trigger", "the event that lets customers in"),
        Setting("audience", "only customers for whom these tests hold"),
        Setting("re_entry", "never (the default), always, once per order, or after 30 days"),
        Setting("goal", "the event that ends the journey as a success"),
        Setting("exit_when", "events that end the journey at once, whatever step it is in"),
        Setting("priority", "low, normal or high; of two messages that want one slot, the higher goes first"),
        Setting("sending", "quiet hours, cap and time zone of this journey; stricter than the company's, never looser"),
        Setting("define", "names for conditions, used as yes/no fields"),
        Setting("tables", "decision tables, used where a name is expected"),
        needed("steps", "what happens, in order"),
        Setting("paths", "steps that a branch, a split or a repeat leads to, by name"),
    ),
)
TRIGGER = form(
    "the trigger",
    Trigger,
    (_EVENT, _WHEN),
)
GOAL = Form(
    "the goal",
    "The event that ends the journey early as a success; it counts as converted.",
    (_EVENT, _WHEN, _OF, Setting("within", "only this long after the customer entered, for example 60 days")),
    "goal:\n  event: order.placed\n  of: customer\n  within: 60 days",
)
EXIT_RULE = Form(
    "an exit_when rule",
    "An event that ends the journey at once.",
    (_EVENT, _WHEN, _OF),
    "exit_when:\n  - event: order.returned",
)
SENDING = form(
    "sending",
    Sending,
    (
        Setting("quiet_hours", "when this journey sends nothing, on the customer's clock: 20:00 to 09:00"),
        Setting("frequency_cap", "no message while the customer got this many of any journey: 2 messages in 7 days"),
        Setting("timezone", "a zone in which quiet hours must be over too, besides the customer's: Asia/Tokyo"),
    ),
)
RULE = form(
    "a rule",
    Rule,
    (
        Setting("when", "the tests that must hold"),
        Setting("then", "where to go, or the type that follows"),
        Setting("otherwise", "the last line: what follows when no rule above holds"),
    ),
)
TABLE = form(
    "a table",
    Table,
    (
        needed("given", "the fields that are tested, one column each"),
        needed("choose", "the names that are chosen: offer, template, queue, path or channel, and words for templates"),
        needed(
            "rows",
            "one list per row: tests first, then values; the last may be 'otherwise: [values]'; or a file: prices.csv",
        ),
        Setting("pick", "'first' when rows may overlap and the first that holds is taken"),
    ),
)
GROUPS = {
    "all": "All of the listed conditions must hold; that is also what several tests below each other mean.",
    "any": "At least one of the listed conditions must hold. In a table's cell: every value will do.",
    "none": "None of the listed conditions may hold. In a column of offers: make no offer.",
}
GROUP_EXAMPLE = "when:\n  ticket.open: no\n  any:\n    - csat.score: at least 4\n    - nps.score: at least 9"
