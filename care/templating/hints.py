"""Hints for better messages; none of them stops anything."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from care.templating.checks import Look
from care.templating.reading import Page
from care.templating.report import Gathered
from care.templating.words import CLICK_HERE, SPAM, glossary_of

LONGEST_SUBJECT = 60
MOST_WORDS = {"vi": 40, "en": 30}
_MOST_MARKS = 1
_FEW_WORDS = 20
_SENTENCE = re.compile(r"(?<=[.!?…:])\s+|\n\s*\n|\n(?=\s*(?:\d+\.|-))")
_URL = re.compile(r"https?://\S+")
_FOOT = re.compile(r"^-- ?$", re.MULTILINE)


class Hinting:
    """Looks a message over.

    Args:
        gathered: Where hints are noted.
    """

    def __init__(self, templates_dir: Path, gathered: Gathered) -> None:
        self._glossary = glossary_of(templates_dir)
        self._gathered = gathered

    def look_over(self, look: Look) -> None:
        """Note every hint of one message; the words of a Zalo message stand with Zalo."""
        if look.use.channel == "zalo":
            return
        language = look.locale.partition("-")[0]
        subject, body = look.rendered.subject, _FOOT.split(look.rendered.text)[0]
        if len(subject) > LONGEST_SUBJECT:
            message = f"the subject has {len(subject)} letters; phones show about {LONGEST_SUBJECT}"
            self._hint(look.name, "Subject:", "T20", message, "say what matters first, and leave out the rest")
        whole = f"{subject}\n{body}"
        for word in _among(whole, SPAM.get(language, ())):
            self._hint(look.name, word, "T21", f"mail filters count {word!r} against a message", "say it plainly")
        glossary = self._glossary.get(language, {})
        for word in _among(whole, glossary):
            self._hint(look.name, word, "T22", f"customers do not say {word!r}", f"say: {glossary[word]}")
        self._look_at_shouting(look, subject, body)
        self._look_at_sentences(look, body, language)
        if look.page is not None:
            self._look_at_page(look, look.page, language)

    def _look_at_shouting(self, look: Look, subject: str, body: str) -> None:
        marks = subject.count("!") + body.count("!")
        if subject.count("!") > _MOST_MARKS or marks > _MOST_MARKS + 2:
            self._hint(look.name, "!", "T23", f"there are {marks} exclamation marks", "one is plenty")
        letters = [letter for letter in subject if letter.isalpha()]
        if len(letters) > 10 and all(letter.isupper() for letter in letters):
            self._hint(look.name, "Subject:", "T23", "the subject is all in capitals", "write it in small letters")

    def _look_at_sentences(self, look: Look, body: str, language: str) -> None:
        most = MOST_WORDS.get(language, max(MOST_WORDS.values()))
        for sentence in _SENTENCE.split(_URL.sub("", body)):
            words = sentence.split()
            if len(words) > most:
                begins = " ".join(words[:6])
                message = f"the sentence {begins + ' …'!r} has {len(words)} words; {most} are easier to read"
                self._hint(look.name, _beginning(words), "T24", message, "make two of it")

    def _look_at_page(self, look: Look, page: Page, language: str) -> None:
        if page.pictures and len(page.words.split()) < _FEW_WORDS:
            message = "the e-mail is hardly more than a picture; many readers will see nothing"
            self._hint(look.html_name, "<img", "T25", message, "write what it shows")
        if not page.preheader:
            message = "nothing is shown beside the subject in the inbox but the beginning of the text"
            self._hint(look.html_name, "", "T26", message, "fill the block 'preview' with one sentence")
        for link in page.links:
            if link.words.strip(" .…→").lower() in CLICK_HERE.get(language, ()):
                message = f"the link {link.words!r} does not say where it leads"
                self._hint(look.html_name, link.words, "T27", message, "write it so that it can be read by itself")

    def _hint(self, name: str, words: str, code: str, message: str, hint: str) -> None:
        self._gathered.at(name, words, code, message, hint, "note")


def _among(text: str, words: Mapping[str, str] | tuple[str, ...]) -> Iterator[str]:
    lower = text.lower()
    for word in words:
        if word in lower and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lower):
            yield word


def _beginning(words: list[str]) -> str:
    """Words of a sentence that stand in the file as they are; a name at the beginning does not."""
    return " ".join(words[2:4])
