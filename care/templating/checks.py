"""Checking templates: every message at every step that sends it, in every language, for every kind of customer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from care.domain.rulebook import Rulebook
from care.images import FOLDER, PATH, Images
from care.rendering import Rendered, RenderError, TemplateInventory
from care.rulebook.problems import Problem
from care.templating.faintness import Faintness
from care.templating.files import Files
from care.templating.reading import Page, in_the_dark, read_html
from care.templating.report import Gathered, Report
from care.templating.samples import PLAIN, Made, Samples, people
from care.templating.uses import Use, uses_of

LARGEST = 102 * 1024
MOST_SEGMENTS = 3
_PLACE = re.compile(r"(?:\S+/)?(?P<file>[\w-]+/[\w.-]+\.(?:txt|html)):(?P<line>\d+): (?P<words>.*)", re.DOTALL)
_CARRIED = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=]+")
_WHOLE = re.compile(r"(https?://[^\s/]+\S*|mailto:\S+@\S+|tel:\+?[\d().-]+)")


@dataclass(frozen=True)
class Look:
    """One message as it was written.

    Attributes:
        name: Its text file below the templates folder.
        page: What its HTML holds; ``None`` where there is none.
        dark: The same where the device is dark.
    """

    use: Use
    locale: str
    made: Made
    name: str
    rendered: Rendered
    page: Page | None
    dark: Page | None

    @property
    def html_name(self) -> str:
        """Its HTML file."""
        return self.name.removesuffix(".txt") + ".html"


class Checking:
    """One check of a templates folder.

    Args:
        templates_dir: The marketers' folder.
        beat: Told after every template that is done.
        browse: Whether a browser says which words can hardly be read; else the colours in the elements do.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        samples: Samples,
        templates_dir: Path,
        beat: Callable[[int], None] = lambda _: None,
        *,
        browse: bool = False,
    ) -> None:
        self._rulebook = rulebook
        self._samples = samples
        self._images = Images(templates_dir)
        self._inventory = TemplateInventory(templates_dir)
        self._beat = beat
        self._browse = browse
        self._painted: list[Look] = []
        self._faintness = Faintness()
        self.gathered = Gathered(Files(templates_dir))
        self._messages: set[str] = set()
        self._count = 0

    def report(self, only: str = "") -> Report:
        """Everything that is wrong.

        Args:
            only: A template's name; empty looks at all.

        Raises:
            BrowserError: When a browser is wanted and there is none.
        """
        for use in uses_of(self._rulebook):
            if only in ("", use.template):
                for look in self.looks(use):
                    self._check(look)
            self._beat(1)
        self._check_painted()
        self._faintness.tell(self.gathered)
        if not only:
            self._check_strays()
        return self.done()

    def done(self) -> Report:
        """What was found so far."""
        return Report(self.gathered.problems(), self.gathered.sources(), len(self._messages), self._count)

    def looks(self, use: Use) -> Iterator[Look]:
        """A use of a template as every kind of customer gets it, in every language; what cannot be written is noted."""
        for locale in self._locales(use):
            name = f"{use.channel}/{use.template}.{locale}.txt"
            self._messages.add(name)
            try:
                needed = self._inventory.variables(use.channel, use.template) or set()
            except RenderError as error:
                self._unwritten(name, use, PLAIN, error)
                continue
            for made in people(use, needed, self._rulebook.catalogue.fields):
                look = self._look(use, locale, name, made)
                if look is not None:
                    yield look

    def _locales(self, use: Use) -> tuple[str, ...]:
        """The languages there are files for; the ones that lack are noted."""
        there = self._inventory.locales(use.channel, use.template)
        home = self._rulebook.catalogue.company.locale
        for locale in sorted(self._spoken - set(there)):
            name = f"{use.channel}/{use.template}.{locale}.txt"
            at_home = locale in (home, home.partition("-")[0])
            hint = "write the file" if at_home else f"customers who speak {locale} get another language meanwhile"
            message = f"there is no file {name}"
            self.gathered.at(name, "", "T02", message, hint, "error" if at_home else "warning")
        return there

    @property
    def _spoken(self) -> set[str]:
        """The languages of the shop: the company's, and every one that some template is written in."""
        templates = self._rulebook.catalogue.templates
        written = {locale for _, _, template, locale in self.gathered.files.messages() if template in templates}
        home = self._rulebook.catalogue.company.locale
        return written if home in written or home.partition("-")[0] in written else {*written, home}

    def _look(self, use: Use, locale: str, name: str, made: Made) -> Look | None:
        self._count += 1
        try:
            rendered = self._samples.written(use, locale, made)
        except RenderError as error:
            self._unwritten(name, use, made, error)
            return None
        if not rendered.html:
            return Look(use, locale, made, name, rendered, None, None)
        # Colours do not depend on the customer: the plain one shows them all.
        dark = read_html(in_the_dark(rendered.html)) if made == PLAIN else None
        return Look(use, locale, made, name, rendered, read_html(rendered.html), dark)

    def _unwritten(self, name: str, use: Use, made: Made, error: RenderError) -> None:
        found = _PLACE.fullmatch(str(error))
        words = found["words"] if found is not None else str(error)
        whom = " ".join(part for part in (f"for {made.words}" if made.words else "", f"at {use.where}") if part)
        file, line = (found["file"], int(found["line"])) if found is not None else (name, 1)
        hint = f"it happens {whom}" if use.where or made.words else ""
        self.gathered.note(Problem(file, line, 1, "T01", words, hint))

    def _check(self, look: Look) -> None:
        if not look.rendered.text.strip():
            self.gathered.at(look.name, "", "T02", "nothing is left of its text", "write what the HTML says in words")
        self._check_way_out(look)
        if look.use.channel == "sms":
            self._check_length(look)
        if look.page is None:
            return
        # A picture that the e-mail carries becomes a part of its own, which Gmail does not count.
        size = len(_CARRIED.sub("", look.rendered.html).encode()) + len(look.rendered.text.encode())
        if size > LARGEST:
            message = f"the e-mail has {size // 1024} KB; Gmail shows 102 KB and hides the rest"
            self.gathered.at(look.html_name, "", "T05", message, "take pictures out of the text, and shorten it")
        self._check_links(look, look.page)
        self._check_pictures(look, look.page)
        for tag in dict.fromkeys(look.page.dropped):
            message = f"mail programs take <{tag}> out, with all that stands in it"
            self.gathered.at(look.html_name, f"<{tag}", "T10", message, "say it in words, with a link to a page")
        if look.made == PLAIN and self._browse:
            self._painted.append(look)
        elif look.made == PLAIN:
            self._faintness.meet(look.html_name, "light", look.page.faint)
            self._faintness.meet(look.html_name, "dark", look.dark.faint if look.dark is not None else ())

    def _check_painted(self) -> None:
        """Let a browser say which words can hardly be read."""
        from care.templating.browsing import faint_words

        pages = [look.rendered.html for look in self._painted]
        for mode in ("light", "dark") if pages else ():
            for look, found in zip(self._painted, faint_words(pages, mode), strict=True):
                self._faintness.meet(look.html_name, mode, found)

    def _check_links(self, look: Look, page: Page) -> None:
        for link in page.links:
            if not _WHOLE.fullmatch(link.href):
                message = f"the link {link.href!r} is not a whole address"
                self.gathered.at(look.html_name, link.href, "T03", message, "begin it with https://")

    def _check_pictures(self, look: Look, page: Page) -> None:
        for picture in page.pictures:
            name = _own_name(picture.source)
            if name and self._images.file(name) is None:
                message = f"there is no picture {name!r} in templates/{FOLDER}"
                self.gathered.at(look.html_name, name, "T04", message, "put it there")
            elif not name and not _WHOLE.fullmatch(picture.source) and not _CARRIED.fullmatch(picture.source):
                message = f"the picture {picture.source[:60]!r} is not a whole address"
                hint = f'put it into templates/{FOLDER} and write src="{FOLDER}/…"'
                self.gathered.at(look.html_name, picture.source, "T04", message, hint)
            if picture.alt is None:
                message = "a picture has no alt text; a screen reader reads its address, and many mail programs hide it"
                hint = 'add alt="…", or alt="" where it only decorates'
                self.gathered.at(look.html_name, name or picture.source, "T04", message, hint)
            if not picture.sized:
                hint = "add width and height in pixels, or write {{ picture('…', '…') }}"
                message = "a picture without width and height lets the text jump when it arrives"
                self.gathered.at(look.html_name, name or picture.source, "T04", message, hint, "warning")

    def _check_way_out(self, look: Look) -> None:
        """Care and marketing can be ended, and everybody must see how."""
        if look.use.purpose == "transactional" or look.use.channel != "email":
            return
        way_out = self._samples.way_out(look.use, look.made)
        for name, body in ((look.name, look.rendered.text), (look.html_name, look.rendered.html)):
            if body and not any(url in body or url.replace("&", "&amp;") in body for url in way_out):
                message = f"this is {look.use.purpose}, and shows no way to end such messages"
                self.gathered.at(name, "", "T07", message, "include the footer, or write {{ unsubscribe_url }}")

    def _check_length(self, look: Look) -> None:
        parts = self._samples.parts(look.use, look.rendered.text)
        if parts > MOST_SEGMENTS:
            message = f"the SMS takes {parts} segments; each is billed, and {MOST_SEGMENTS} are plenty"
            self.gathered.at(look.name, "", "T08", message, "shorten it", "warning")

    def _check_strays(self) -> None:
        """Files that no template of the catalogue speaks of, and HTML without its text."""
        templates = self._rulebook.catalogue.templates
        for name, channel, template, _ in self.gathered.files.messages():
            known = templates.get(template)
            if known is None or channel not in known.channels:
                message = f"{name} belongs to no template of catalog.yaml that has {channel} among its channels"
                self.gathered.at(name, "", "T09", message, "add it there, or delete the file", "warning")
            elif name.endswith(".html") and not self.gathered.files.has(name.removesuffix(".html") + ".txt"):
                message = "an e-mail needs its text beside its HTML, with the subject in the first line"
                self.gathered.at(name, "", "T02", message, "write the same as plain text")


def _own_name(source: str) -> str:
    """The file of a picture of ours; empty for one from elsewhere."""
    if source.startswith(f"{FOLDER}/"):
        return source.removeprefix(f"{FOLDER}/")
    return source.partition(PATH)[2].partition("?")[0]
