"""Reads splits: customers divided by chance, in shares."""

from decimal import Decimal

from care.domain.steps import CONTINUE, EXIT, Share, Split
from care.rulebook.amounts import share, share_words
from care.rulebook.draft import Draft
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.forms import Entries, line_of
from care.rulebook.messages import Head
from care.rulebook.names import simple_name
from care.rulebook.reader import Pair, Section
from care.rulebook.vocabulary import STEPS


def read_split(head: Head, entries: Entries, draft: Draft) -> Split:
    """A ``split`` step."""
    draft.findings.take(head.name, simple_name, head.name.value)
    pairs = entries.sections("between")
    for pair in pairs:
        if pair.key.value not in (*draft.paths, CONTINUE, EXIT):
            draft.unknown_path(pair.key, (CONTINUE, EXIT))
    shares = [_side(pair, draft) for pair in pairs]
    whole = tuple(each for each in shares if each is not None)
    held_out = entries.text("holdout")
    holdout = draft.findings.take(held_out, part, held_out.value) if held_out is not None else None
    if len(whole) == len(shares) and "between" in entries and isinstance(entries.pairs["between"].value, Section):
        _check_shares(whole, entries, draft)
    return Split(head.id, head.line, head.name.value, whole, holdout or 0.0, head.only_if)


def part(text: str) -> float:
    """A share of the customers: more than 0%, less than 100%.

    Raises:
        PhraseError: J012 when it is none.
    """
    value = float(_share(text))
    if not 0 < value < 1:
        hint = "a side nobody takes is left out" if value <= 0 else "write less than 100%"
        raise PhraseError("J012", f"{quoted(text)} is not a part of the customers", hint)
    return value


def _side(pair: Pair, draft: Draft) -> Share | None:
    text = line_of(pair.value, pair.key.value, draft.findings)
    value = draft.findings.take(text, _whole_or_part, text.value) if text is not None else None
    return Share(pair.key.value, value, pair.key.line) if value is not None else None


def _whole_or_part(text: str) -> float:
    """A side may take everybody who is not held out."""
    return 1.0 if _share(text) == 1 else part(text)


def _share(text: str) -> float:
    if not any(letter.isdigit() for letter in text):
        raise PhraseError("J012", f"{quoted(text)} is not a percentage", "write for example 50%")
    return share(text)


def _check_shares(shares: tuple[Share, ...], entries: Entries, draft: Draft) -> None:
    total = sum((Decimal(str(each.part)) for each in shares), Decimal())
    at = entries.key("between")
    if not shares:
        draft.findings.add("J041", at, "this split has no sides", STEPS["split"].example.splitlines()[1].strip())
    elif total != 1:
        message = f"the shares add up to {share_words(float(total))}, not 100%"
        hint = "they are shares of the customers who are not held out" if "holdout" in entries else ""
        draft.findings.add("J041", at, message, hint or "make them 100% together; 'continue: 20%' is a side too")
    elif len(shares) == 1 and "holdout" not in entries:
        message = f"everybody goes to {quoted(shares[0].then)}: nothing is split"
        draft.findings.add("J041", at, message, "add a second side, or 'holdout: 10%'")
