"""What a backup says of itself: the first member of its archive."""

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from care.domain.errors import CareError

FORMAT = 1

Database = Literal["sqlite", "postgresql"]


class BackupError(CareError):
    """A backup cannot be made, or this file cannot be restored; the message says why and what to do."""


class Part(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    bytes: int
    sha256: str


class Counts(BaseModel):
    """What is in the store, so that people recognise it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customers: int
    on_the_way: int
    undecided: int
    messages: int


class Manifest(BaseModel):
    """What the archive holds.

    Attributes:
        format: Grows when older versions can no longer read the archive.
        id: Names this backup.
        version: The version of Aftercare that made it.
        revision: The schema of the store.
        made_at: The instant the copy of the store shows (UTC).
        secret: A fingerprint of what signs the links in messages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Literal["aftercare"] = "aftercare"
    format: int = FORMAT
    id: str
    version: str
    revision: str
    made_at: AwareDatetime
    database: Database
    secret: str
    counts: Counts
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.bytes for part in self.parts)

    def under(self, folder: str) -> dict[str, Part]:
        """The parts of a folder, by their path inside it."""
        prefix = f"{folder}/"
        return {part.name.removeprefix(prefix): part for part in self.parts if part.name.startswith(prefix)}


def files_in(folder: Path) -> dict[str, Path]:
    """The plain files of a folder by their path inside it; hidden ones and links stay out."""
    if not folder.is_dir():
        return {}
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*"))}
    return {
        str(name): path
        for name, path in found.items()
        if path.is_file() and not path.is_symlink() and not any(each.startswith((".", "__")) for each in name.parts)
    }
