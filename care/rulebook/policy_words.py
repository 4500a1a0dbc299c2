"""The words of policy packs: what may stand where in ``policies/<name>.yaml``."""

from care.rulebook.words import Form, Setting, needed

MEDIA = ("email", "sms", "zalo", "call")
CONSENTS = (
    "express prior",
    "prior express written",
    "express or implied",
    "opt in or similar products of one's own",
    "opt out",
    "not needed",
)
SPOTS = ("start of the subject", "start of the text")
ENDINGS = ("anywhere", "end of the text")

POLICY = Form(
    "a policy pack",
    "The rules of one country, group of countries or kind of provider: policies/<name>.yaml. A file with the name of a "
    "pack that comes with Aftercare (care policy list) takes its place.",
    (
        needed("title", "the place, as people call it: Vietnam"),
        Setting("where", "as messages say it: in Vietnam"),
        Setting("everywhere", "yes when it holds wherever a customer lives"),
        Setting("signs", "what tells that somebody lives there"),
        Setting("parts", "states or provinces by their code, each with its name and area codes"),
        needed("bases", "where its rules come from, by a short name"),
        needed("rules", "what is asked, one rule for each kind of message"),
        Setting("deadlines", "how long the company has to do what a customer asks for, in words"),
        Setting("proof", "what the record of a consent must hold: wording, method, place, frequency"),
        Setting("notes", "what else is to be known, in words"),
    ),
    "title: Vietnam\nsigns:\n  countries: [VN]\nbases:\n  decree_91:\n    law: Decree 91/2020/ND-CP\n"
    "    source: https://legalcentrix.com/media/view/154805\n    noted: 2026-11-22\nrules:\n  - medium: sms\n"
    "    purpose: marketing\n    basis: [decree_91]\n    consent: express prior\n"
    "    window: Mon to Sun 07:00 to 22:00\n    cap: 3 messages in 24 hours",
)
SIGNS = Form(
    "signs",
    "What tells that a company trades, or a customer lives, in a place. One of them is enough.",
    (
        Setting("countries", "codes of two letters, and names as people write them: [VN, Vietnam]"),
        Setting("timezones", "IANA names; US/ stands for all that begin so"),
        Setting("languages", "language tags: [vi, vi-VN]"),
        Setting("phones", 'beginnings of the company\'s phone number: ["+84"]'),
    ),
    "signs:\n  countries: [VN, Vietnam]\n  timezones: [Asia/Ho_Chi_Minh]\n  languages: [vi]",
)
PART = Form(
    "a part",
    "A state or province of a country.",
    (needed("name", "as people call it"), Setting("area_codes", "the digits behind the country's: [813, 850]")),
    "parts:\n  FL: {name: Florida, area_codes: [813, 850]}",
)
BASIS = Form(
    "a basis",
    "Where a rule comes from.",
    (
        needed("law", "the law or guideline, in full"),
        Setting("short", "how people cite it"),
        needed("source", "the address of a page that says so"),
        Setting("since", "when it came into force"),
        needed("noted", "when it was noted here"),
        Setting("believed", "yes when its text was not read: check it before relying on it"),
    ),
    "bases:\n  tcpa:\n    law: Telephone Consumer Protection Act\n    short: TCPA\n    source: https://example.com/tcpa\n"
    "    noted: 2026-11-22",
)
POLICY_RULE = Form(
    "a rule of a pack",
    "What is asked of one kind of message.",
    (
        needed("medium", "email, sms, zalo or call"),
        needed("purpose", "marketing, care or transactional"),
        needed("basis", "names of bases, the main one first"),
        Setting("consent", "; ".join(CONSENTS)),
        Setting("implied", "for how long a purchase or an inquiry counts as consent: {purchase: 24 months}"),
        Setting("window", "when it may be sent, on the customer's clock: Mon to Sun 07:00 to 22:00"),
        Setting("cap", "how many one address may get: 3 messages in 24 hours"),
        Setting("label", 'a mark at its beginning: {any_of: ["[QC]"], where: start of the text}'),
        Setting("sender", "who it must come from: {brand_name: required, longest: 11}"),
        Setting("opt_out", "how it says how to stop it: {where: end of the text, within: 48 hours}"),
        Setting("identify", "what it must show of the company: [name, address]"),
        Setting("identify_one_of", "of these one is enough: [phone, email]"),
        Setting("regions", "what parts of the country ask besides"),
        Setting("duties", "what else is asked, in words"),
    ),
    "rules:\n  - medium: sms\n    purpose: marketing\n    basis: [tcpa]\n    window: Mon to Sun 08:00 to 21:00",
)
REGION = Form(
    "a region",
    "What one part of a country asks besides.",
    (
        needed("part", "the part's code"),
        Setting("window", "when a message may be sent there"),
        Setting("cap", "how many one address may get there"),
        Setting("cap_believed", "yes when the cap was not read in a source"),
        Setting("basis", "names of bases; those of the rule unless it is said"),
    ),
    "regions:\n  - {part: FL, window: Mon to Sun 08:00 to 20:00}",
)
LABEL = Form(
    "a label",
    "A mark that tells advertising from other messages.",
    (
        needed("any_of", "one of these is enough; the first is written where none stands"),
        needed("where", "; ".join(SPOTS)),
    ),
    'label: {any_of: ["[QC]", "[AD]"], where: start of the text}',
)
SENDER = Form(
    "a sender",
    "Who a message must come from.",
    (
        Setting("brand_name", "required when a plain number is forbidden"),
        Setting("longest", "how many characters the name may have"),
    ),
    "sender: {brand_name: required, longest: 11}",
)
OPT_OUT = Form(
    "an opt_out",
    "How a message must say how to stop it, and what must follow.",
    (
        Setting("where", "; ".join(ENDINGS)),
        Setting("words", "answers by which a customer may stop it"),
        Setting("within", "how long it may take until nothing is sent any more; at once unless it is said"),
        Setting("confirm", "what may or must be answered"),
        Setting("lasts_days", "for how many days after the message the way out must work"),
    ),
    "opt_out: {where: end of the text, confirm: once}",
)
IMPLIED = Form(
    "implied",
    "For how long consent follows from what a customer did, to the day.",
    (Setting("purchase", "since the last purchase: 24 months"), Setting("inquiry", "since an inquiry: 6 months")),
    "implied: {purchase: 24 months, inquiry: 6 months}",
)
FORMS = (POLICY, SIGNS, PART, BASIS, POLICY_RULE, REGION, LABEL, SENDER, OPT_OUT, IMPLIED)
