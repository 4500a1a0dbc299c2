"""Messages and customer pages from the marketers' templates: sandboxed, strict about missing values, read live."""

import re
import traceback
from collections.abc import Iterator, Mapping
from os.path import isfile
from pathlib import Path
from typing import NamedTuple, NoReturn

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError, nodes
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from care.brand import NAMES, brand_of
from care.domain.errors import CareError
from care.images import Images
from care.nonces import stamped
from care.rulebook.inventory import Wording
from care.sandbox import sandbox, wrapped
from care.wordings import dotted_name, wording_of

_SUBJECT = "Subject:"
_LOCALE = re.compile(r"[A-Za-z0-9_-]+")
_TEMPLATE = "Template:"
_OWN_NAMES = frozenset({"locale", "language"})
# Besides Jinja's own: what a filter says of a value of the wrong kind, and a file that is not UTF-8.
_FAULTS = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError),
    # A template that includes itself, and one whose code Python cannot take in.
    *(RecursionError, SyntaxError, MemoryError),
)


class RenderError(CareError):
    """A template cannot be rendered; the message names the file, the fault and what to do."""


class UnknownValue(RenderError):
    """A template is fine but needs a value that is not known."""


class Rendered(NamedTuple):
    """A message as it will be sent; ``subject`` and ``html`` are empty where there is none."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders messages, pages and short texts; a changed file is read again.

    Args:
        templates_dir: The marketers' folder with ``email/``, ``sms/``, ``layouts/`` and ``pages/``.
        public_url: Where customers reach this server; the pictures of messages are there.
    """

    def __init__(self, templates_dir: Path, public_url: str = "") -> None:
        self._dir = templates_dir
        self._environment = sandbox(templates_dir, public_url)
        self._images = Images(templates_dir, public_url)

    def message(self, channel: str, template: str, locale: str, context: Mapping[str, object]) -> Rendered:
        """Render a message in the customer's language, else the company's, else any there is.

        Args:
            channel: ``email``, ``sms`` or ``zalo``.
            template: Name without folder, locale or ending.
            locale: Language tag such as ``vi`` or ``en-US``; may be empty.
            context: Values by name; nested mappings are reached with dots; ``company.locale`` is the company's.

        Raises:
            RenderError: When the template is missing, broken or needs a value that is not known.
        """
        chosen = self._locale(f"{channel}/{template}", ".txt", locale, context)
        base = f"{channel}/{template}.{chosen}"
        text = self._file(f"{base}.txt", chosen, context).strip()
        if channel == "zalo":
            return _kept_by_zalo(f"{base}.txt", text)
        if channel != "email":
            return Rendered("", text, "")
        subject, _, body = text.partition("\n")
        if not subject.startswith(_SUBJECT):
            raise RenderError(f"{base}.txt must begin with a line 'Subject: …'; it begins with {subject[:40]!r}")
        html = self._html(f"{base}.html", chosen, context) if (self._dir / f"{base}.html").is_file() else ""
        return Rendered(subject.removeprefix(_SUBJECT).strip(), body.strip() + "\n", html)

    def text(self, source: str, context: Mapping[str, object]) -> str:
        """Render a short text written in a rule file, such as a ticket's ``about``; it is not HTML."""
        locale = str(context.get("locale") or _home(context))
        try:
            return self._environment.from_string(source).render(self._context(context, locale))
        except _FAULTS as error:
            _refuse(repr(source), error)

    def page(self, name: str, locale: str, context: Mapping[str, object], nonce: str = "") -> str:
        """Render a page a customer sees, in the nearest language that ``pages/words.<locale>.html`` is written in.

        Args:
            name: Without folder and ending.
            locale: Language tag.
            context: Values by name.
            nonce: By which the browser knows the page's own style sheets.

        Raises:
            RenderError: When the template is missing, broken or needs a value that is not known.
        """
        chosen = self._locale("pages/words", ".html", locale, context)
        return stamped(self._file(f"pages/{name}.html", chosen, context), nonce)

    def _html(self, name: str, locale: str, context: Mapping[str, object]) -> str:
        # Loaded here because most commands render no HTML, and the library takes longer to load than they may.
        from care.inlining import InliningError, inlined

        try:
            whole = inlined(self._file(name, locale, context))
            return self._images.embedded(whole) if brand_of(self._dir).pictures == "embedded" else whole
        except InliningError as error:
            raise RenderError(f"{name}: {error}") from error

    def _file(self, name: str, locale: str, context: Mapping[str, object]) -> str:
        try:
            made = self._environment.get_template(name).render(self._context(context, locale))
            return self._images.linked(made) if name.endswith(".html") else made
        except _FAULTS as error:
            _refuse(name, error)

    def _context(self, context: Mapping[str, object], locale: str) -> dict[str, object]:
        company = context.get("company")
        brand = brand_of(self._dir).values(company if isinstance(company, Mapping) else {})
        known = {name: wrapped(name, value) for name, value in context.items() if value is not None and value != ""}
        return {**known, "brand": wrapped("brand", brand), "locale": locale, "language": _language(locale)}

    def _locale(self, stem: str, suffix: str, wanted: str, context: Mapping[str, object]) -> str:
        home = _home(context)
        for candidate in (wanted, _language(wanted), home, _language(home)):
            if _LOCALE.fullmatch(candidate) and isfile(f"{self._dir}/{stem}.{candidate}{suffix}"):
                return candidate
        known = _locales(self._dir, stem, suffix)
        if not known:
            raise RenderError(f"there is no template '{stem}.<locale>{suffix}' in the templates folder; write it")
        return known[0]


class TemplateInventory:
    """What templates there are and which values each needs, for one check of the rule files: each is read once."""

    def __init__(self, templates_dir: Path) -> None:
        self._dir = templates_dir
        self._environment = sandbox(templates_dir)
        self._files: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}
        self._trees: dict[str, nodes.Template] = {}

    def exists(self, channel: str, template: str) -> bool:
        """Whether the template is written for the channel, in any language."""
        return bool(self.locales(channel, template))

    def locales(self, channel: str, template: str) -> tuple[str, ...]:
        """The languages it is written in."""
        return tuple(_locales(self._dir, f"{channel}/{template}", ".txt"))

    def variables(self, channel: str, template: str) -> set[str] | None:
        """The dotted names it uses in any language, with what it includes and extends; ``None`` when it is missing.

        Raises:
            RenderError: When a file is not a template that can be read.
        """
        locales = self.locales(channel, template)
        if not locales:
            return None
        names: set[str] = set()
        for locale in locales:
            names |= self._used(f"{channel}/{template}.{locale}.txt", set())
            if (self._dir / f"{channel}/{template}.{locale}.html").is_file():
                names |= self._used(f"{channel}/{template}.{locale}.html", set())
        return names - _OWN_NAMES - NAMES

    def wordings(self, channel: str, template: str) -> Iterator[Wording]:
        """How each of its files is worded, with what it includes and extends; in e-mails the HTML apart.

        Raises:
            RenderError: When a file is not a template that can be read.
        """
        for locale in self.locales(channel, template):
            for name in (f"{channel}/{template}.{locale}.txt", f"{channel}/{template}.{locale}.html"):
                if (self._dir / name).is_file():
                    try:
                        wording = wording_of(name, _language(locale), self._tree)
                    except RecursionError as error:
                        _refuse(name, error)
                    yield wording

    def _used(self, name: str, seen: set[str]) -> set[str]:
        if name in seen:
            return set()
        seen.add(name)
        if name not in self._files:
            self._files[name] = self._read(name)
        names, others = self._files[name]
        return set(names).union(*(self._used(other, seen) for other in others))

    def _read(self, name: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """The dotted names one file uses itself, and the files it includes or extends."""
        tree = self._tree(name)
        try:
            roots = find_undeclared_variables(tree) - _own(tree) - self._environment.globals.keys()
            used = frozenset(_dotted(tree, roots))
        except _FAULTS as error:
            _refuse(name, error)
        return used, tuple(other for other in find_referenced_templates(tree) if other is not None)

    def _tree(self, name: str) -> nodes.Template:
        if name not in self._trees:
            try:
                loader = self._environment.loader
                assert loader is not None
                self._trees[name] = self._environment.parse(loader.get_source(self._environment, name)[0], name)
            except _FAULTS as error:
                _refuse(name, error)
        return self._trees[name]


def _own(tree: nodes.Template) -> set[str]:
    """Names the template gives itself: Jinja calls them undeclared inside a block that stands after them."""
    own: set[str] = set()
    for found in tree.find_all((nodes.FromImport, nodes.Import, nodes.Name)):
        if isinstance(found, nodes.FromImport):
            own.update(name if isinstance(name, str) else name[1] for name in found.names)
        elif isinstance(found, nodes.Import):
            own.add(found.target)
        elif isinstance(found, nodes.Name) and found.ctx == "store":
            own.add(found.name)
    return own


def _dotted(node: nodes.Node, roots: set[str]) -> Iterator[str]:
    """Every name of the context below a node, with its dots, the longest form only."""
    name = dotted_name(node)
    if name is not None:
        if name.partition(".")[0] in roots:
            yield name
        return
    for child in node.iter_child_nodes():
        yield from _dotted(child, roots)


def _locales(templates_dir: Path, stem: str, suffix: str) -> list[str]:
    path = templates_dir / stem
    found = path.parent.glob(f"{path.name}.*{suffix}")
    return sorted(file.name.removeprefix(f"{path.name}.").removesuffix(suffix) for file in found)


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()


def _kept_by_zalo(name: str, text: str) -> Rendered:
    """The id of a template that Zalo keeps, as subject, and its values one a line."""
    first, _, values = text.partition("\n")
    number = first.removeprefix(_TEMPLATE).strip()
    if not first.startswith(_TEMPLATE) or not number.isdecimal():
        raise RenderError(f"{name} must begin with a line 'Template: 301234', as Zalo numbers it, not {first[:40]!r}")
    lines = [line.strip() for line in values.splitlines() if line.strip()]
    for line in lines:
        value, colon, _ = line.partition(":")
        if not colon or not value.isidentifier():
            raise RenderError(f"{name}: a line is 'name: value', as Zalo's template names it, not {line[:40]!r}")
    return Rendered(number, "\n".join(lines), "")


def _home(context: Mapping[str, object]) -> str:
    company = context.get("company")
    return str(company.get("locale") or "") if isinstance(company, Mapping) else ""


def _refuse(name: str, error: Exception) -> NoReturn:
    place = _place(name, error)
    if isinstance(error, UndefinedError):
        raise UnknownValue(
            f"{place}: {error.message}; correct the name, or say what to write when it is not known: "
            "{{ name | default('…', true) }}"
        ) from error
    if isinstance(error, TemplateNotFound):
        raise RenderError(f"{place}: there is no template {error.name!r} in the templates folder; write it") from error
    words = "it calls or includes itself too deeply" if isinstance(error, RecursionError) else str(error).rstrip(".")
    raise RenderError(f"{place}: {words}; mend the template") from error


def _place(name: str, error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError):
        known = error.name if error.name and not error.name.startswith("<") else name
        return f"{known}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith((".txt", ".html")):
            return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno}"
    return name
