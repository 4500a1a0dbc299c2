"""Small disks that can be full: a tmpfs for each process that keeps something, shrunk to what lies on it.

Mounting needs root. Everything is mounted in a mount namespace of this process and its children: when they are gone,
however they went, so are the disks.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

_NEW_MOUNTS = 0x00020000
_SIZE = "4g"


class Disks:
    """The disks of a run; plain folders that cannot be full where nobody may mount.

    Args:
        folder: Where they are mounted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.real = _own_namespace()

    def make(self, name: str, owner: tuple[int, int] | None = None) -> Path:
        """A disk of this name.

        Args:
            owner: User and group it belongs to; this process's unless given.
        """
        place = self._folder / name
        place.mkdir(parents=True)
        if self.real:
            _mount("-t", "tmpfs", "-o", f"size={_SIZE},mode=755", "tmpfs", str(place))
        if owner is not None:
            os.chown(place, *owner)
        return place

    def fill(self, name: str) -> int:
        """Leave no room on it; returns how many bytes are taken."""
        place = self._folder / name
        for _ in range(20):
            stands = os.statvfs(place)
            taken = (stands.f_blocks - stands.f_bfree) * stands.f_frsize
            # Somebody may have written since it was measured: then it cannot be shrunk so far.
            if _mount("-o", f"remount,size={taken}", str(place), check=False):
                return taken
        return 0

    def empty(self, name: str) -> None:
        """Give it room again."""
        _mount("-o", f"remount,size={_SIZE}", str(self._folder / name))

    def close(self) -> None:
        """Take them all away, with everything on them."""
        for place in self._folder.iterdir() if self.real and self._folder.is_dir() else ():
            _mount("-l", str(place), program="umount", check=False)

    def keep(self, to: Path) -> None:
        """Copy everything that lies on them to a place that stays."""
        shutil.copytree(self._folder, to, symlinks=True, ignore_dangling_symlinks=True, dirs_exist_ok=True)
        for found in self._folder.rglob("*"):
            if not found.is_symlink() and not found.is_socket():
                stands = found.stat()
                os.chown(to / found.relative_to(self._folder), stands.st_uid, stands.st_gid)


def _own_namespace() -> bool:
    """Whether mounts of our own can be made that nobody else sees."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNTS) != 0:
        return False
    return _mount("--make-rprivate", "/", check=False)


def _mount(*words: str, program: str = "mount", check: bool = True) -> bool:
    done = subprocess.run([program, *words], capture_output=True, check=False, text=True, timeout=30)
    if check and done.returncode:
        raise OSError(f"mount {' '.join(words)}: {done.stderr.strip()}")
    return done.returncode == 0
