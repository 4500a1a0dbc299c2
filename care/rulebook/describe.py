"""Describes the rule language from the words the compiler itself reads by, for ``care rules explain`` and README.md."""

from collections.abc import Iterator

from care.domain.errors import CareError
from care.rulebook import catalogue_words, vocabulary
from care.rulebook.codes import CODES
from care.rulebook.phrases import PHRASES
from care.rulebook.policy_words import FORMS as _POLICIES
from care.rulebook.promises import PROMISE, PROMISE_FILE
from care.rulebook.spelling import did_you_mean
from care.rulebook.vocabulary import GROUP_EXAMPLE, GROUPS, STEPS
from care.rulebook.waits import WAITS
from care.rulebook.words import Form, Setting

_TOP = (
    vocabulary.JOURNEY,
    vocabulary.TRIGGER,
    vocabulary.GOAL,
    vocabulary.EXIT_RULE,
    vocabulary.SENDING,
    vocabulary.TABLE,
    vocabulary.RULE,
)
_CATALOGUE = (
    catalogue_words.CATALOGUE,
    catalogue_words.COMPANY,
    catalogue_words.FIELD,
    catalogue_words.TEMPLATE,
    catalogue_words.TOPIC,
    catalogue_words.QUEUE,
    catalogue_words.OFFER,
    catalogue_words.ENDPOINT,
)
_TESTS = (catalogue_words.TEST_FILE, catalogue_words.TEST, catalogue_words.HAPPENING, catalogue_words.EXPECTATION)
_PROMISES = (PROMISE_FILE, PROMISE)
_NOT = ("not", "The opposite; but what is not known stays not known, so it never holds.", "not vip")
_LIST = ("[a, b]", "One of these.", "customer.type: [new, regular]")
_LENGTHS = (
    "30 minutes, 2 hours, 3 days, 1 week are exact lengths; 4 business hours and 2 business days count only the "
    "company's business hours. A month or a year has no fixed length: write 30 days."
)
_NUMBERS = "5000000, 5,000,000 and 5 million are one number; 20% is a share. Yes/no fields are yes or no."


class UnknownWordError(CareError):
    """The rule language has no such word; the message names the nearest ones."""


def explain(word: str) -> str:
    """What a word of the rule language means, with an example.

    Raises:
        UnknownWordError: When there is no such word.
    """
    wanted = " ".join(word.split()).rstrip(":")
    told = [text for name, text in _entries() if name.casefold() == wanted.casefold()]
    if not told:
        names = sorted({name for name, _ in _entries()})
        hint = did_you_mean(wanted, names) or "try a step (send), a setting (by), a test (at most) or a code (J010)"
        raise UnknownWordError(f"the rule language has no word {wanted!r}; {hint}")
    return "\n\n".join(dict.fromkeys(told))


def reference() -> str:
    """The whole language as a section of Markdown, with headings of the third level and below."""
    return "\n\n".join(
        [
            "### Top level of a journey file\n\n" + "\n\n".join(_form_markdown(form) for form in _TOP),
            "### Steps\n\n" + "\n\n".join(_form_markdown(form) for form in STEPS.values()),
            "### Waiting\n\n" + _rows("wait", [(form.words, form.meaning, form.example) for form in WAITS]),
            f"{_LENGTHS}",
            "### Tests\n\n" + _rows("test", [(p.words, p.meaning, p.example) for p in PHRASES] + [_NOT, _LIST]),
            f"{_NUMBERS}",
            _rows("group", [(name, meaning, "") for name, meaning in GROUPS.items()]) + f"\n\n{_block(GROUP_EXAMPLE)}",
            "### The catalogue\n\n" + "\n\n".join(_form_markdown(form) for form in _CATALOGUE),
            "### Rule tests\n\n" + "\n\n".join(_form_markdown(form) for form in _TESTS),
            "### Promises\n\n" + "\n\n".join(_form_markdown(form) for form in _PROMISES),
            "### Policy packs\n\n" + "\n\n".join(_form_markdown(form) for form in _POLICIES),
            "### Problem codes\n\n" + _rows("code", [(name, code.title, code.example) for name, code in CODES.items()]),
        ]
    )


def words() -> set[str]:
    """Every word ``explain`` knows."""
    return {name for name, _ in _entries()}


def _entries() -> Iterator[tuple[str, str]]:
    """Every word with its description; a word with several homes comes several times."""
    forms = (*STEPS.values(), *_TOP, *_CATALOGUE, *_TESTS, *_PROMISES, *_POLICIES)
    for form in forms:
        yield form.name.removeprefix("the ").removeprefix("a ").removeprefix("an "), _form_text(form)
    homes: dict[Setting, list[Form]] = {}
    for form in forms:
        for setting in form.settings:
            if setting.name != form.name:
                homes.setdefault(setting, []).append(form)
    for setting, found in homes.items():
        yield setting.name, _setting_text(setting, found)
    for name, meaning in GROUPS.items():
        yield name, f"{name}: {meaning}\n{_indented(GROUP_EXAMPLE)}"
    for phrase in PHRASES:
        text = f"{phrase.words}: {phrase.meaning}\nFor fields of type {', '.join(phrase.types)}.\n  {phrase.example}"
        yield phrase.words.partition(" <")[0], text
    yield _NOT[0], f"{_NOT[0]}: {_NOT[1]}\n  {_NOT[2]}"
    for wait in WAITS:
        text = f"wait: {wait.words}\n{wait.meaning}\n  - wait: {wait.example}"
        yield "until", text
        yield wait.words.partition(" <")[0], text
    yield "duration", _LENGTHS
    yield "number", _NUMBERS
    for name, code in CODES.items():
        yield name, f"{name}: {code.title}\n{code.meaning}\n  {code.example}"


def _setting_text(setting: Setting, homes: list[Form]) -> str:
    shown = next((form for form in homes if f"{setting.name}:" in form.example), homes[0])
    needed = " (needed)" if setting.required else ""
    places = f"In {', '.join(form.name for form in homes)}; for example:"
    return f"{setting.name}{needed}: {setting.meaning}.\n{places}\n{_indented(shown.example)}"


def _form_text(form: Form) -> str:
    width = max((len(setting.name) for setting in form.settings), default=0)
    lines = [
        f"  {setting.name.ljust(width)}  {setting.meaning}{' (needed)' if setting.required else ''}"
        for setting in form.settings
    ]
    return "\n".join([f"{form.name}: {form.meaning}", *lines, "For example:", _indented(form.example)])


def _form_markdown(form: Form) -> str:
    rows = [
        (setting.name, setting.meaning + (" **(needed)**" if setting.required else ""), "") for setting in form.settings
    ]
    return f"#### {form.name}\n\n{form.meaning}\n\n{_block(form.example)}\n\n{_rows('setting', rows)}"


def _rows(head: str, rows: list[tuple[str, str, str]]) -> str:
    example = any(row[2] for row in rows)
    lines = [f"| {head} | meaning |" + (" example |" if example else ""), "|---|---|" + ("---|" if example else "")]
    for name, meaning, shown in rows:
        cells = [f"`{name}`", meaning] + ([f"`{shown}`" if shown else ""] if example else [])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _block(example: str) -> str:
    return f"```yaml\n{example}\n```"


def _indented(example: str) -> str:
    return "\n".join(f"  {line}" for line in example.splitlines())
