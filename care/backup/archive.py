"""The archive: a gzipped tar with the manifest first, every part with its size and SHA-256; for its owner only."""

import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from care.backup.manifest import FORMAT, BackupError, Manifest, Part

Told = Callable[[int], None]

_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 10_000_000
_CHUNK = 1 << 20
# The store is the bulk of it; a higher level takes four times as long for a tenth less.
_LEVEL = 3
_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error)


def part_of(name: str, path: Path) -> Part:
    """A file as the part of an archive."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return Part(name=name, bytes=path.stat().st_size, sha256=digest.hexdigest())


def write(target: Path, manifest: Manifest, files: Mapping[str, Path], told: Told) -> None:
    """Write an archive; it is there whole or not at all.

    Args:
        files: Every part's file by the part's name.
        told: Called with how many more bytes are written.

    Raises:
        BackupError: It cannot be written there.
    """
    try:
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as out:
                _fill(out, manifest, files, told)
                out.flush()
                os.fsync(out.fileno())
            os.link(draft, target)  # Unlike a rename it never replaces an older backup.
        finally:
            os.unlink(draft)
    except FileExistsError:
        raise BackupError(f"{str(target)!r} is there already; name another file") from None
    except OSError as problem:
        raise BackupError(f"{str(target)!r} cannot be written ({problem.strerror}); name another place") from None


def _fill(out: IO[bytes], manifest: Manifest, files: Mapping[str, Path], told: Told) -> None:
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=_LEVEL) as tar:
        words = manifest.model_dump_json(indent=1).encode()
        tar.addfile(_member(_MANIFEST, len(words)), io.BytesIO(words))
        for part in manifest.parts:
            with files[part.name].open("rb") as file:
                tar.addfile(_member(part.name, part.bytes), file)
            told(part.bytes)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


class Archive:
    """An archive that is being read."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self._path = path
        self._tar = tar
        self.manifest = self._read_manifest()

    def unpack(self, folder: Path, told: Told) -> None:
        """Write every part into a folder, checked against the manifest.

        Raises:
            BackupError: A part is missing, changed or cut.
        """
        missing = {part.name: part for part in self.manifest.parts}
        while (member := self._tar.next()) is not None:
            part = missing.pop(member.name, None)
            file = self._tar.extractfile(member) if member.isreg() else None
            if part is None or file is None or not (folder / member.name).resolve().is_relative_to(folder.resolve()):
                raise self._damaged(f"{member.name!r} is not in its list")
            if _copy(file, folder / member.name) != (part.bytes, part.sha256):
                raise self._damaged(f"{member.name!r} is not what was backed up")
            told(part.bytes)
        if missing:
            raise self._damaged(f"{next(iter(missing))!r} is missing")

    def _read_manifest(self) -> Manifest:
        member = self._tar.next()
        file = self._tar.extractfile(member) if member is not None and member.isreg() else None
        if member is None or file is None or member.name != _MANIFEST or member.size > _LARGEST_MANIFEST:
            raise BackupError(
                f"{str(self._path)!r} is not a backup of Aftercare; make one with 'care backup --to FILE'"
            )
        words = file.read()
        try:
            manifest = Manifest.model_validate_json(words)
        except ValidationError:
            raise BackupError(
                f"{str(self._path)!r} has a manifest this version cannot read; restore it with the version that made it"
            ) from None
        if manifest.format > FORMAT:
            raise BackupError(
                f"{str(self._path)!r} was made by the newer version {manifest.version}; restore it with that one"
            )
        return manifest

    def _damaged(self, what: str) -> BackupError:
        return BackupError(f"{str(self._path)!r} is damaged: {what}; take another backup")


def _copy(file: IO[bytes], target: Path) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += out.write(chunk)
    return size, digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive.

    Raises:
        BackupError: There is none, it is no backup, it is cut or damaged, or too new.
    """
    if not path.is_file():
        raise BackupError(f"there is no backup at {str(path)!r}")
    try:
        with tarfile.open(path, "r:gz") as tar:
            yield Archive(path, tar)
    except _BROKEN as problem:
        if isinstance(problem, PermissionError | FileExistsError) or getattr(problem, "errno", None) == 28:
            raise
        raise BackupError(
            f"{str(path)!r} cannot be read to its end: it is cut, damaged or no backup; take another one"
        ) from None
