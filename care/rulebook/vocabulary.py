"""The words of rule files: what may stand where. The compiler, ``explain`` and rules/README.md all read them here."""

from dataclasses import dataclass

CHANNELS = ("email", "sms")
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


@dataclass(frozen=True, slots=True)
class Setting:
    """One name a form accepts; ``code`` is the problem when a required one is missing."""

    name: str
    meaning: str
    required: bool = False
    code: str = "J003"


@dataclass(frozen=True, slots=True)
class Form:
    """A group of settings as a file may hold it.

    Attributes:
        name: As messages say it, for example ``send`` or ``a goal``.
    """

    name: str
    meaning: str
    settings: tuple[Setting, ...]
    example: str

    @property
    def names(self) -> tuple[str, ...]:
        """The settings' names, in the order people read them."""
        return tuple(setting.name for setting in self.settings)


def _needed(name: str, meaning: str, code: str = "J003") -> Setting:
    return Setting(name, meaning, required=True, code=code)


_EVENT = _needed("event", "the event's name, from the catalogue")
_WHEN = Setting("when", "only when these tests hold; a test of event.* looks at the event itself")
_OF = Setting("of", "'order' (the enrolment's own order; this is the default) or 'customer' (any of this customer)")
_ID = Setting("id", "a name for the step; without it the step is called verb:name, for example send:thank_you")
_ONLY_IF = Setting("only_if", "skip the step unless these tests hold; the reason is kept")
_COMMON = (_ID, _ONLY_IF)
_BY = _needed("by", "the channel: email or sms; or a table with a column 'channel'")
_MESSAGE = (
    _BY,
    Setting("fallback", "channels to try when 'by' cannot be used, in order: sms, or 'sms then email'"),
    Setting("with", "words for the template: {greeting: Xin chào}"),
    Setting("expires", "give the message up when it could not leave within this time, for example 2 days"),
)
_UP_TO = _needed("up_to", "how long to wait at most, for example 7 days", "J033")

STEPS: dict[str, Form] = {
    "send": Form(
        "send",
        "Send a message. Its template's purpose, set in the catalogue, decides which guard-rails hold.",
        (_needed("send", "the template, or a table with a column 'template'"), *_MESSAGE, *_COMMON),
        "- send: thank_you\n  by: email\n  fallback: sms\n  expires: 2 days",
    ),
    "survey": Form(
        "survey",
        "Ask for a score and wait for the answer: csat (1 to 5), nps (0 to 10) or ces (1 to 7).",
        (
            _needed("survey", "csat, nps or ces"),
            _needed("ask", "the template that asks, or a table with a column 'template'"),
            _UP_TO,
            Setting("remind", "ask once more when there is no answer: after 2 days"),
            *_MESSAGE,
            *_COMMON,
        ),
        "- survey: csat\n  ask: csat_washing_machine\n  by: email\n  up_to: 7 days\n  remind: after 3 days",
    ),
    "offer": Form(
        "offer",
        "Make a tracked offer of the catalogue: a marketing message with a code. A table may choose it; 'none' skips.",
        (
            _needed("offer", "the offer, or a table with a column 'offer'"),
            Setting("valid_for", "how long the offer lasts, for example 14 days"),
            *_MESSAGE,
            *_COMMON,
        ),
        "- offer: accessory\n  by: email\n  valid_for: 14 days\n  only_if: {satisfied: yes}",
    ),
    "ticket": Form(
        "ticket",
        "Hand the customer to a person. The journey is quiet until the ticket is closed, or until 'up_to' has passed.",
        (
            _needed("ticket", "the queue, or a table with a column 'queue'"),
            Setting("about", "what the person should know; {{ csat.score }} shows a value"),
            Setting("priority", "low, normal or high; normal unless it is said"),
            Setting("sla", "when the ticket should be done, for example 4 business hours"),
            _UP_TO,
            Setting("escalate_to", "the queue that takes over when 'sla' has passed"),
            *_COMMON,
        ),
        "- ticket: care_team\n  about: Khách chấm {{ csat.score }}/5\n  sla: 24 hours\n  up_to: 7 days",
    ),
    "wait": Form(
        "wait",
        "Wait a fixed length, or until a moment on the customer's own clock.",
        (
            _needed("wait", "3 days, or until …"),
            Setting("if_past", "when the moment is gone or not known: continue, exit, or skip to <path>"),
            *_COMMON,
        ),
        "- wait: until day 7 at 09:00",
    ),
    "wait_for": Form(
        "wait_for",
        "Wait for an event of this order; of any order of the customer with 'of: customer'.",
        (
            _needed("wait_for", "the event's name, from the catalogue"),
            _WHEN,
            _OF,
            _UP_TO,
            Setting("otherwise", "when it does not come: continue, exit, a path, or a table with a column 'path'"),
            *_COMMON,
        ),
        "- wait_for: appointment.booked\n  up_to: 14 days\n  otherwise: call_them",
    ),
    "branch": Form(
        "branch",
        "Go on along the first rule that holds; a path returns to the step after the branch.",
        (_needed("branch", "a list of rules; the last may be 'otherwise'"), *_COMMON),
        "- branch:\n    - when: {csat.score: at most 2}\n      then: make_it_right\n    - otherwise: continue",
    ),
    "exit": Form(
        "exit",
        "End the journey, saying why.",
        (_needed("exit", "the reason, as the support lead will read it"), *_COMMON),
        "- exit: the customer wants no more messages",
    ),
}

JOURNEY = Form(
    "a journey",
    "One file is one journey: whom it lets in, what it does, and what ends it.",
    (
        _needed("journey", "its name; the file is called the same"),
        Setting("title", "what people see in the console"),
        Setting("owner", "the e-mail address of the person to ask"),
        _needed("trigger", "the event that lets customers in"),
        Setting("audience", "only customers for whom these tests hold"),
        Setting("re_entry", "never (the default), always, once per order, or after 30 days"),
        Setting("goal", "the event that ends the journey as a success"),
        Setting("exit_when", "events that end the journey at once, whatever step it is in"),
        Setting("define", "names for conditions, used as yes/no fields"),
        Setting("tables", "decision tables, used where a name is expected"),
        _needed("steps", "what happens, in order"),
        Setting("paths", "steps a branch may lead to, by name"),
    ),
    "journey: thank_buyers\ntrigger:\n  event: order.delivered\nsteps:\n  - send: thank_you\n    by: email",
)
TRIGGER = Form(
    "the trigger",
    "The event that lets a customer in, with tests if not every such event does.",
    (_EVENT, _WHEN),
    "trigger:\n  event: order.delivered\n  when: {order.category: washing_machine}",
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
RULE = Form(
    "a rule",
    "One line of a branch or of a customer type: when the tests hold, then this.",
    (
        Setting("when", "the tests that must hold"),
        Setting("then", "where to go, or the type that follows"),
        Setting("otherwise", "the last line: what follows when no rule above holds"),
    ),
    "- when: {csat.score: at most 2}\n  then: make_it_right\n- otherwise: continue",
)
TABLE = Form(
    "a table",
    "A decision table: each row tests the given fields and gives a word for each chosen name.",
    (
        _needed("given", "the fields that are tested, one column each"),
        _needed(
            "choose", "the names that are chosen: offer, template, queue, path or channel, and words for templates"
        ),
        _needed("rows", "one list per row: tests first, then values; the last row may be 'otherwise: [values]'"),
        Setting("pick", "'first' when rows may overlap and the first that holds is taken"),
    ),
    "accessory:\n  given: [customer.type]\n  choose: [offer, discount]\n  rows:\n"
    "    - [vip, premium_care_kit, 20%]\n    - otherwise: [stand_and_cover, 5%]",
)
GROUPS = {
    "all": "All of the listed conditions must hold; that is also what several tests below each other mean.",
    "any": "At least one of the listed conditions must hold. In a table's cell: every value will do.",
    "none": "None of the listed conditions may hold. In a column of offers: make no offer.",
}
GROUP_EXAMPLE = "when:\n  ticket.open: no\n  any:\n    - csat.score: at least 4\n    - nps.score: at least 9"
