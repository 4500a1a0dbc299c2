"""The words of the catalogue, the customer types and the rule tests: what may stand where."""

from care.domain.catalogue import Catalogue, Company, Endpoint, Field, Offer, Queue, Template, Topic
from care.rulebook.words import Form, Setting, form

TYPES = ("choice", "number", "percent", "date", "list", "yes/no", "text")
SPACES = ("customer", "order", "event", "csat", "nps", "ces", "ticket", "appointment", "journey")

CATALOGUE = form(
    "the catalogue",
    Catalogue,
    (
        Setting("company", "the shop's own defaults", required=True),
        Setting("fields", "the facts a condition may test", required=True),
        Setting("events", "the events that may be posted", required=True),
        Setting("templates", "the messages there are", required=True),
        Setting("queues", "the people who take tickets"),
        Setting("offers", "the tracked offers"),
        Setting("endpoints", "the places outside that webhook steps may post to"),
        Setting("prices", "what a message costs, by channel"),
        Setting("topics", "what messages are about, as customers choose it on their preference page"),
    ),
)
COMPANY = form(
    "company",
    Company,
    (
        Setting("name", "as customers read it"),
        Setting("timezone", "an IANA name, used where the customer's own zone is not known", required=True),
        Setting("locale", "the language used where the customer's is not known, for example vi"),
        Setting("quiet_hours", "when nothing is sent, on the customer's clock: 21:00 to 08:00"),
        Setting("business_hours", "when people work: Mon to Sat 08:00 to 17:30; several, with commas between"),
        Setting("frequency_cap", "how many messages one customer gets at most: 3 messages in 7 days"),
        Setting("survey_cap", "how often one customer is asked at most, over all journeys: 1 survey in 30 days"),
        Setting("holidays", "days on which nobody works: dates, and 2027-02-05 to 2027-02-11; each may have a name"),
        Setting("double_opt_in", "channels on which consent to marketing counts only once confirmed: [email, sms]"),
        Setting(
            "marketing_consent",
            "explicit (the default: marketing needs a yes), or 'as the law allows' where the customer lives",
        ),
        Setting("spread", "messages held until a window opens leave over so long, service first: 10 minutes"),
        Setting("sms_opt_out", "the answer that ends advertising by SMS: TC to 19001234; without it the link is shown"),
        Setting("address", "shown at the foot of messages"),
        Setting("phone", "shown at the foot of messages"),
        Setting("website", "shown at the foot of messages"),
        Setting("email", "shown at the foot of messages"),
        Setting(
            "sms_route",
            "what the SMS gateways take: international (the default), vietnam, or vietnam_care (no advertising)",
        ),
        Setting("sms_marks", "strip (Cam on) or keep (Cảm ơn); without it SMS lose their marks on Vietnamese routes"),
    ),
)
FIELD = form(
    "a field",
    Field,
    (
        Setting("type", "choice, number, percent, date, list, yes/no or text"),
        Setting("choices", "the words a 'choice' may be"),
        Setting("from", "the smallest number"),
        Setting("to", "the largest number"),
        Setting("whole", "yes when only whole numbers occur"),
        Setting("always", "yes when the value is known for every customer"),
        Setting("set_by", "the step that gives the value: survey csat"),
        Setting("as", "the field this one mirrors for the event at hand: order.category"),
    ),
)
TEMPLATE = form(
    "a template",
    Template,
    (
        Setting("channels", "the channels it is written for: email, sms, zalo", required=True),
        Setting("purpose", "marketing (needs consent), care, or transactional (ignores the cap)", required=True),
        Setting("topic", "what it is about, from 'topics'; who muted that topic does not get it"),
    ),
)
QUEUE = form(
    "a queue",
    Queue,
    (Setting("email", "where they are told; without it the journey's owner is"),),
)
OFFER = form(
    "an offer",
    Offer,
    (
        Setting("template", "the marketing template that carries it", required=True),
        Setting("code", "the code customers use; {unique} makes one for each: KIT-{unique}", required=True),
        Setting("redeemed_by", "the event that says it was used; offer.redeemed unless it is said"),
        Setting("once_per", "customer (the default) or order"),
    ),
)
ENDPOINT = form(
    "an endpoint",
    Endpoint,
    (Setting("url", "its address; it begins with https://", required=True),),
)
TOPIC = form("a topic", Topic, ())
TEST_FILE = Form(
    "a test file",
    "Examples a journey must keep to: <journey>.test.yaml beside it.",
    (
        Setting("journey", "the journey that is tested", required=True),
        Setting("tests", "the examples, each with a name", required=True),
    ),
    "journey: thank_buyers\ntests:\n  - test: Buyers are thanked\n    starts: 2026-03-02 10:00\n"
    "    expect:\n      - at: day 0 10:00\n        send: thank_you",
)
TEST = Form(
    "a test",
    "One customer's story: what is given, what happens, and what must follow.",
    (
        Setting("test", "what the example shows, in a sentence", required=True),
        Setting("starts", "when the customer enters, on their own clock: 2026-03-02 10:00", required=True),
        Setting("timezone", "the customer's time zone, when it is not the company's"),
        Setting(
            "given",
            "the customer's fields, consents (consent.email.marketing: yes), reach ([email, sms]), sides of splits "
            "(split.gift: with_voucher, or holdout) and what endpoints answer (webhook.crm.customer.tier: gold)",
        ),
        Setting("happens", "events, each with 'at: day 7 20:00'"),
        Setting("expect", "what must be true", required=True),
    ),
    "- test: Buyers are thanked\n  starts: 2026-03-02 10:00\n  expect:\n    - at: day 0 10:00\n      send: thank_you",
)
HAPPENING = Form(
    "an event that happens",
    "An event of the story, with its data by name.",
    (
        Setting("at", "when, on the customer's clock: day 7 20:00 (day 0 is the day of 'starts')", required=True),
        Setting("event", "the event's name, from the catalogue", required=True),
        Setting("order", "'own' (the default) or 'other', for another order of this customer"),
    ),
    "happens:\n  - at: day 7 20:00\n    event: csat.answered\n    score: 2",
)
EXPECTED = ("send", "survey", "offer", "ticket", "split", "set", "webhook", "repeat", "exit")
EXPECTATION = Form(
    "an expectation",
    "What must be true of the story.",
    (
        Setting("at", "when something must happen: day 3 09:00, with one of the verbs below"),
        *(Setting(verb, f"the name that '{verb}' must show at that time") for verb in EXPECTED),
        Setting("never", "a verb or a name that must not occur"),
        Setting("ends", "when the journey must end: day 4 11:00"),
        Setting("at_most", "a limit: 3 messages in 7 days"),
    ),
    "expect:\n  - at: day 7 20:00\n    ticket: care_team\n  - never: offer",
)
