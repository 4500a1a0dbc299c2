"""The template files as text, so that what is wrong can be shown at its place."""

import re
from functools import lru_cache
from pathlib import Path

from care.rulebook.findings import START, Place
from care.rulebook.vocabulary import CHANNELS

_OTHERS = re.compile(r"{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)[\"']")
_MESSAGES = re.compile(r"(?P<channel>\w+)/(?P<name>\w+)\.(?P<locale>[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\.(?:txt|html)")


class Files:
    """The files below a templates folder."""

    def __init__(self, templates_dir: Path) -> None:
        self._dir = templates_dir
        self.text = lru_cache(maxsize=None)(self._text)

    def _text(self, name: str) -> str:
        try:
            return (self._dir / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self._dir / name).is_file()

    def place(self, name: str, words: str) -> tuple[str, Place]:
        """Where words stand: in the file, or in one that it includes or extends; else at its beginning."""
        for file in self.with_others(name):
            at = self.text(file).find(words) if words else -1
            if at >= 0:
                before = self.text(file)[:at]
                return file, Place(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
        return name, START

    def with_others(self, name: str) -> tuple[str, ...]:
        """A file and everything it is made of, the nearest first."""
        found = [name]
        for file in found:
            found.extend(other for other in _OTHERS.findall(self.text(file)) if other not in found)
        return tuple(found)

    def messages(self) -> tuple[tuple[str, str, str, str], ...]:
        """Every message file there is: its name, channel, template and language."""
        found = []
        for path in sorted(path for channel in CHANNELS for path in self._dir.glob(f"{channel}/*.*")):
            name = path.relative_to(self._dir).as_posix()
            match = _MESSAGES.fullmatch(name)
            if match is not None:
                found.append((name, match["channel"], match["name"], match["locale"]))
        return tuple(found)
