"""The sandbox every template runs in: values by dotted name, files of one folder, nothing of Python."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.environment import Environment
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from care.formats import FILTERS


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
        return source


class _Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every template: a dotted name is a value of the context, never a Python method of it."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value under a dotted name."""
        if isinstance(obj, Known):
            return obj[attribute] if attribute in obj else self.undefined(name=f"{obj.path}.{attribute}")
        return super().getattr(obj, attribute)

    def join_path(self, template: str, parent: str) -> str:
        """The name of an included template; text is not escaped, so a page may not include it."""
        if parent.endswith(".html") and not template.endswith(".html"):
            raise SecurityError(f"{parent!r} includes {template!r}; an .html file may include only .html files")
        return template


def sandbox(templates_dir: Path) -> Environment:
    """The environment that reads ``templates_dir``: HTML is escaped, text is not, changed files are read again."""
    environment = _Sandbox(
        loader=_Loader(templates_dir),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        auto_reload=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_as_written,
    )
    environment.filters.update(FILTERS)
    return environment


def wrapped(path: str, value: object) -> object:
    """A value of the context as templates see it."""
    if isinstance(value, Mapping):
        return Known(path, value)
    if isinstance(value, list | tuple):
        return [wrapped(path, item) for item in value]
    # A value is one line: a line break in a customer's name must never start a new line of a subject or a text.
    return " ".join(value.split()) if isinstance(value, str) else value


def _as_written(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value
