"""The problem codes: what each means and how a file gets one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem.

    Attributes:
        title: What is wrong, in a few words.
        meaning: Why it matters and what to do.
        example: How it is told.
    """

    title: str
    meaning: str
    example: str


CODES: dict[str, Code] = {
    "J001": Code(
        "the file cannot be read",
        "Rule files are YAML: 'name: value' lines, lists with '- ', spaces for indentation. Put text that contains a "
        "colon, or begins with a sign such as % or {{, in quotes. Write comparisons in words.",
        "a comparison in symbols cannot be read here; write the comparison in words: 'at least 3'",
    ),
    "J002": Code(
        "the same thing twice, or YAML that copies",
        "A name stands for one thing. Keep one of the two, or give the second its own name ('id:' for steps). "
        "YAML's anchors, aliases, tags and merge keys are not used: every file says everything itself.",
        "two steps are called 'send:thank_you' (line 31 and line 45); one must be named with id:",
    ),
    "J003": Code(
        "an unknown, misplaced or missing setting",
        "Every setting has its place; 'care rules explain <word>' says where. What the language does not know is "
        "refused, so that nothing is silently left out.",
        "'tempalte' is not a setting of send; did you mean 'template'?",
    ),
    "J010": Code(
        "an unknown name",
        "Fields, events, templates, queues and offers are listed in catalog.yaml; paths, tables and definitions stand "
        "in the journey itself. event.* fields are known only while their event is at hand.",
        "unknown field 'customer.tpye'; did you mean 'customer.type'?",
    ),
    "J011": Code(
        "a value that is not among the choices",
        "A choice field has a fixed list of words in the catalogue; the test would never hold.",
        "'gold' is not one of the choices of customer.type (new, regular, vip, at_risk)",
    ),
    "J012": Code(
        "a value of the wrong kind",
        "The value does not fit the field or the setting, or could be read in two ways, or is out of range.",
        "is '5.000.000' 5000000 or a decimal? write 5000000, or 5,000,000",
    ),
    "J013": Code(
        "a duration without a fixed length",
        "Months, quarters and years differ in length. Say how many days you mean.",
        "'1 month' has no fixed length; write 30 days",
    ),
    "J014": Code(
        "a message that cannot be sent as it stands",
        "The template is not written for this channel, its file is missing, or it needs a value that is not available "
        "in this step. Write the file, choose another channel, or give the value with 'with:'.",
        "template 'thank_you' has no zalo version (it has: email, sms)",
    ),
    "J020": Code(
        "a rule or row that is never chosen",
        "The rules above it match everything it matches, or its own tests exclude each other. Of several rules the "
        "first that holds is taken: put the narrow ones first.",
        "rule 3 can never be chosen; the rules above already match every case (rules 1 and 2)",
    ),
    "J021": Code(
        "a case without a rule",
        "Every case needs a rule, also the one that a value is not known: an unanswered survey leaves its score "
        "missing. Add the rule, or 'otherwise' as the last one.",
        "no rule for: nps.score missing",
    ),
    "J022": Code(
        "a customer type without a rule",
        "As J021: the customers of a type, or of another choice under customer.*, would be left out.",
        "no row for: csat.score 4 or 5, customer.type at_risk",
    ),
    "J023": Code(
        "rows that overlap",
        "In a decision table one row holds in every case, so that the order of rows means nothing. Make one of the "
        "two narrower, or write 'pick: first'.",
        "rows 1 and 2 both match when csat.score 4 or 5, customer.type vip",
    ),
    "J024": Code(
        "an 'otherwise' that cannot happen",
        "The rules above it match every case already. Probably one of them matches more than it should.",
        "'otherwise' can never happen: the rules above already match every case",
    ),
    "J030": Code(
        "a step nobody reaches",
        "Every way to it has ended the journey before.",
        "this step is never reached: the journey ends on line 12",
    ),
    "J031": Code(
        "something that is written and never used",
        "A path no branch leads to, a table no step uses, a definition no condition asks for: probably a name was "
        "changed in one place only.",
        "path 'orphan' is never used",
    ),
    "J032": Code(
        "an endless loop",
        "A path, a definition or a customer type leads back to itself.",
        "endless loop: happy → again → happy",
    ),
    "J033": Code(
        "a wait without an end",
        "What waits for an answer, an event or a person needs 'up_to', or a customer may be stuck for ever.",
        "survey needs 'up_to', otherwise a customer can be stuck here for ever",
    ),
    "J034": Code(
        "a day that has already passed",
        "Days are counted from the day of entry, not from the step above. A wait for a day that is past ends at once.",
        "day 3 has already passed here (day 7 is above)",
    ),
    "J040": Code(
        "too many messages in a short time",
        "Over every way through the journey, each message at its latest moment and every wait behind it at its "
        "shortest, more messages come together than the frequency cap lets through; transactional ones do not count. "
        "A date of the customer's may come late, unless a test on the way says that it is 'in the next …'. Nobody gets "
        "more than the cap: the last ones are held back, and dropped when they would come too late.",
        "up to 4 messages in 7 days (thank_you → … → we_hear_you); the cap is 3",
    ),
    "J041": Code(
        "shares that do not fit together",
        "The shares of 'between' are shares of the customers who are not held out: together they are 100%, and there "
        "are two sides, or one side and a holdout.",
        "the shares add up to 90%, not 100%",
    ),
    "J050": Code(
        "an answer or a value that cannot be there yet",
        "The score of a survey is known once this journey has asked for it, a journey.* value once a 'set' or a "
        "'webhook' has given it one. On every way to this place nothing has. To act on what a customer answered in "
        "any journey, test csat.last.",
        "csat.score is tested here, but path 'win_back' and the ways into it never ask csat",
    ),
    "J051": Code(
        "journeys that start each other",
        "What a journey does starts the next one, and so on round to the first, with no wait on the way and nothing "
        "that keeps a customer from entering again. Add a wait, or a 're_entry' other than always.",
        "these journeys start each other: a → ticket.closed → b → ticket.closed → a within 0 minutes",
    ),
    "J052": Code(
        "journeys that one customer is in at once",
        "One event lets a customer into two journeys, and together they send more than the cap lets through. The cap "
        "holds: care goes before surveys before offers, and a journey of higher priority first. Only the worst pair "
        "is told.",
        "one order.delivered can start both a and b: together up to 6 messages in 7 days; the cap is 3",
    ),
    "J053": Code(
        "times that do not fit each other",
        "A reminder after the question is over, a ticket whose time is up when the journey has gone on, an offer that "
        "is good for longer than the goal counts, passes that take longer than 'every': what is written never happens.",
        "nobody is ever reminded: the question is over after 2 days already",
    ),
    "J054": Code(
        "advertising without what the law asks",
        "Where the company trades, advertising must be labelled, say who sends it and how to stop it. The company's "
        "time zone, language and phone number say where that is.",
        "templates/sms/voucher.vi.txt is advertising: in Vietnam it begins with [QC] or [AD]",
    ),
    "J055": Code(
        "something that can never happen",
        "Nobody can enter, the goal cannot be reached, or quiet hours leave no time of day to send.",
        "nobody can enter: order.category cannot be washing_machine and fridge",
    ),
    "J056": Code(
        "advertising by SMS over a gateway that takes none",
        "With 'sms_route: vietnam_care' SMS leave over gateways for customer care only. Carriers there take "
        "advertising for at least thirty numbers at once, and a person approves it: one customer's voucher cannot be "
        "sent that way.",
        "voucher is advertising, and the shop's SMS gateways take none for one customer at a time",
    ),
}
