"""What `care rules explain` says: words of the language, and names of the rules folder."""

from care.cli.rule_files import loaded
from care.domain.errors import CareError
from care.rulebook.describe import UnknownWordError, explain, words
from care.rulebook.glossary import explain_name, names
from care.rulebook.spelling import meant
from care.settings import Settings


def explained(word: str, settings: Settings) -> str:
    """What a word of the rule language, or a name of the rules folder, means.

    Raises:
        UnknownWordError: When it is neither.
    """
    try:
        return explain(word)
    except UnknownWordError as error:
        unknown = error
    wanted = " ".join(word.split()).rstrip(":")
    try:
        rulebook = loaded(settings.rules_dir, settings.templates_dir).rulebook
    except CareError:
        raise unknown from None
    if rulebook is None:
        message = f"{unknown}. Names of your own cannot be explained until 'care rules check' finds no error"
        raise UnknownWordError(message)
    text = explain_name(wanted, rulebook)
    if not text:
        near = meant(wanted, words() | names(rulebook))
        raise UnknownWordError(
            f"neither the rule language nor the rules folder has {wanted!r}; {near}" if near else str(unknown)
        )
    return text
