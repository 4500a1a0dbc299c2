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
}
