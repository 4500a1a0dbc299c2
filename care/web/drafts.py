"""The rules folder as it is at this moment: drafts, and what is wrong in them."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from care.domain.rulebook import Rulebook
from care.rendering import TemplateInventory
from care.rulebook.workspace import Workspace, journey_names, load, load_journey

_Stamp = tuple[tuple[str, int, int], ...]


class Drafts:
    """Reads the rules folder again only when a file of it, or a template, changed.

    Args:
        rules_dir: May be missing, on a machine that only serves the API and the console.
    """

    def __init__(self, rules_dir: Path, templates_dir: Path) -> None:
        self.rules_dir = rules_dir
        self._templates_dir = templates_dir
        self._lock = Lock()
        self._stamp: _Stamp = ()
        self._workspace: Workspace | None = None

    def current(self) -> Workspace | None:
        """The folder with everything that is wrong in it, or ``None`` when there is no such folder."""
        if not self.rules_dir.is_dir():
            return None
        stamp = tuple(sorted(_stamps(self.rules_dir, self._templates_dir)))
        with self._lock:
            if self._workspace is None or stamp != self._stamp:
                self._workspace = load(self.rules_dir, TemplateInventory(self._templates_dir))
                self._stamp = stamp
            return self._workspace

    def rulebook(self, journey: str) -> Rulebook | None:
        """The rules to walk a journey's draft by, whatever is wrong in the other journeys' files.

        Returns:
            ``None`` when the journey has no file, or when it or what it rests on has an error.
        """
        workspace = self.current()
        if workspace is None or journey not in journey_names(self.rules_dir):
            return None
        return workspace.rulebook or load_journey(self.rules_dir, journey).rulebook


def _stamps(*folders: Path) -> Iterator[tuple[str, int, int]]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            for path in (os.path.join(place, name) for name in names):
                try:
                    about = os.stat(path)
                except OSError:  # It went away meanwhile; the next look finds it gone.
                    continue
                yield path, about.st_mtime_ns, about.st_size
