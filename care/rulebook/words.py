"""What a form of rule files is made of: settings by name, each with its meaning."""

import inspect
import re
import textwrap
from dataclasses import dataclass

_EXAMPLE = re.compile(r"^Example:\n((?:(?: {4}.*)?\n?)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """One name a form accepts; ``code`` is the problem when a required one is missing."""

    name: str
    meaning: str
    required: bool = False
    code: str = "J003"


@dataclass(frozen=True, slots=True)
class Form:
    """A group of settings as a file may hold it.

    Attributes:
        name: As messages say it, for example ``send`` or ``a goal``.
    """

    name: str
    meaning: str
    settings: tuple[Setting, ...]
    example: str

    @property
    def names(self) -> tuple[str, ...]:
        """The settings' names, in the order people read them."""
        return tuple(setting.name for setting in self.settings)


def form(name: str, model: type, settings: tuple[Setting, ...]) -> Form:
    """The form that becomes a model, whose docstring says what it means (the first paragraph) and gives the example."""
    text = inspect.cleandoc(model.__doc__ or "")
    example = _EXAMPLE.search(text)
    meaning = " ".join(text.partition("\n\n")[0].split())
    return Form(name, meaning, settings, textwrap.dedent(example[1]).strip("\n") if example is not None else "")


def needed(name: str, meaning: str, code: str = "J003") -> Setting:
    """A setting that must be written."""
    return Setting(name, meaning, required=True, code=code)
