"""What the files under deploy/ must agree with: the settings, the commands, the versions."""

import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

from care.cli.main import app
from care.settings import settings_table
from tests.deploy.rendering import FOLDER

OURS = "CARE_"


def known_settings() -> set[str]:
    return {name for name, _, _ in settings_table()}


def commands() -> set[str]:
    """The names behind `care`."""
    plain = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback is not None}
    return plain | {str(each.name) for each in app.registered_groups}


def version() -> str:
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


@cache
def server_version() -> str:
    """The version of the Temporal server that everything here was tested with."""
    program = shutil.which("temporal", path=str(Path(sys.executable).parent)) or "temporal"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return said.partition("Server ")[2].partition(",")[0]
