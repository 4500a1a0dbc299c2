"""Builders of rules folders: the example catalogue with one journey, or one file replaced."""

import shutil
from pathlib import Path

from care.rulebook.inventory import Inventory
from care.rulebook.workspace import Workspace, load

EXAMPLES = Path(__file__).parent / "examples"
BROKEN = Path(__file__).parent / "broken"


def a_folder(tmp_path: Path, /, **files: str | bytes) -> Path:
    """A rules folder with the example catalogue and customer types, and journeys by name.

    Args:
        files: Journeys by name; ``catalog`` and ``customer_types`` replace those files.
    """
    folder = tmp_path / "rules"
    (folder / "journeys").mkdir(parents=True)
    for name in ("catalog", "customer_types"):
        shutil.copy(EXAMPLES / f"{name}.yaml", folder)
    for name, content in files.items():
        path = (
            folder / f"{name}.yaml" if name in ("catalog", "customer_types") else folder / "journeys" / f"{name}.yaml"
        )
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def a_journey(steps: str, top: str = "", name: str = "example") -> str:
    """The text of a journey with these steps (each line indented by two) and other settings before them."""
    return f"journey: {name}\ntrigger:\n  event: order.delivered\n{top}steps:\n{steps}"


def loaded(tmp_path: Path, inventory: Inventory | None = None, /, **files: str | bytes) -> Workspace:
    """The workspace of such a folder."""
    return load(a_folder(tmp_path, **files), inventory)


def told(workspace: Workspace) -> list[str]:
    """Problems as ``code:line:column``, in order."""
    return [f"{problem.code}:{problem.line}:{problem.column}" for problem in workspace.problems]
