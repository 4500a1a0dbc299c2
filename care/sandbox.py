"""The sandbox every template runs in: values by dotted name, files of one folder, nothing of Python."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, Undefined, nodes
from jinja2.environment import Environment, Template, TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup

from care.bounded import FILTERS as BOUNDED
from care.bounded import OPERATORS, bounded_range
from care.formats import FILTERS
from care.images import Images
from care.metering import TooMuch, begin, end, finalize, listed, tested, tick, weighed, written
from care.nonces import StyleNonces
from care.ticking import TICK, WEIGHED, WRITTEN, ticking

LONGEST_FILE = 100_000
_SHOWN = 40
_JINJAS_OWN = (BlockReference, LoopContext, Macro, Namespace, TemplateModule, TemplateReference, Undefined)
_WORDS = ("upper", "lower", "title", "capitalize", "strip", "startswith", "endswith", "split")
# What may be asked of a value by a dot, besides what Jinja's own objects know.
_ATTRIBUTES: tuple[tuple[type, tuple[str, ...]], ...] = (
    (str, _WORDS),
    (dict, ("items", "keys", "values", "get")),
    (datetime, ("year", "month", "day", "hour", "minute")),
    (date, ("year", "month", "day")),
    (time, ("hour", "minute")),
)


class Known(Mapping[str, object]):
    """Part of a message's context that knows its own dotted name, so that a missing value can be named in full."""

    def __init__(self, path: str, values: Mapping[str, object]) -> None:
        self.path = path
        self._values = values

    def __getitem__(self, name: str) -> object:
        """The value, wrapped; ``None`` and an empty text are missing values."""
        value = self._values[name]
        if value is None or value == "":
            raise KeyError(name)
        return wrapped(f"{self.path}.{name}", value)

    def __iter__(self) -> Iterator[str]:
        """The names whose values are known."""
        return (name for name, value in self._values.items() if value is not None and value != "")

    def __repr__(self) -> str:
        """Its name."""
        return self.path

    def __len__(self) -> int:
        """How many values are known."""
        return sum(1 for _ in self)


class _Loader(FileSystemLoader):
    """Reads templates below one directory; a link that leads out of it does not exist."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._root = root.resolve()

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        """The source of a template inside the directory."""
        source = super().get_source(environment, template)
        if not Path(source[1]).resolve().is_relative_to(self._root):
            raise TemplateNotFound(template, f"{template!r} leads out of the templates folder")
        if len(source[0]) > LONGEST_FILE:
            raise TooMuch(f"{template!r} is longer than {LONGEST_FILE:,} letters; no message needs so many")
        return source


class _Template(Template):
    """A template whose every rendering is metered, with what it includes."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Render with a meter of its own."""
        token = begin()
        try:
            return super().render(*args, **kwargs)
        finally:
            end(token)


class _Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every template: a dotted name is a value of the context, never a Python method of it."""

    template_class = _Template
    intercepted_binops = frozenset(OPERATORS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value under a dotted name."""
        if type(obj) is Known:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(name=f"{obj.path}.{attribute}")
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, _JINJAS_OWN):
            return super().getattr(obj, attribute)
        for kind, names in _ATTRIBUTES:
            if isinstance(obj, kind) and attribute in names:
                return getattr(obj, attribute)
        return self.undefined(f"{attribute!r} of {type(obj).__name__} is nothing a template may use", exc=SecurityError)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The value in square brackets."""
        try:
            return obj[argument]
        except (AttributeError, TypeError, LookupError):
            name = f"{obj.path}.{argument}" if isinstance(obj, Known) else str(argument)[:_SHOWN]
            return self.undefined(name=name)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a macro, or one of the few functions there are."""
        if isinstance(__obj, Macro | BlockReference):
            return super().call(__context, __obj, *args, **kwargs)
        for value in (*args, *kwargs.values()):
            weighed(value)
        result = listed(super().call(__context, __obj, *args, **kwargs))
        return result if isinstance(result, Namespace) else weighed(result)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """``+``, ``*``, ``**`` and ``%``, within bounds."""
        return OPERATORS[operator](left, right)

    def join_path(self, template: str, parent: str) -> str:
        """The name of an included template; text is not escaped, so a page may not include it."""
        if parent.endswith(".html") and not template.endswith(".html"):
            raise SecurityError(f"{parent!r} includes {template!r}; an .html file may include only .html files")
        return template

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        # Jinja's own hook for another way to generate the code of a template.
        return super()._generate(ticking(source), *args, **kwargs)


def sandbox(templates_dir: Path, public_url: str = "") -> Environment:
    """The environment that reads ``templates_dir``: HTML is escaped, text is not, changed files are read again.

    Args:
        public_url: Where customers reach the pictures.
    """
    images = Images(templates_dir, public_url)
    environment = _Sandbox(
        loader=_Loader(templates_dir),
        extensions=[StyleNonces],
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        auto_reload=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
        # Jinja would run filters while it compiles, before there is a meter.
        optimized=False,
    )
    environment.filters = {**BOUNDED, **FILTERS, TICK: tick, WEIGHED: weighed, WRITTEN: written}
    tests: Mapping[str, Any] = environment.tests
    environment.tests = {name: tested(test) for name, test in tests.items()}
    environment.globals = {
        "range": bounded_range,
        "dict": dict,
        "namespace": Namespace,
        "image": images.url,
        "picture": images.picture,
    }
    return environment


def wrapped(path: str, value: object) -> object:
    """A value of the context as templates see it."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        # A value is one line: a line break in a customer's name must never start a new line of a subject or a text.
        return " ".join(value.split())
    if isinstance(value, Mapping):
        return Known(path, value)
    if isinstance(value, list | tuple):
        return [wrapped(path, item) for item in value]
    return value
