"""A config as it stood at a git revision."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from placemap.config.load import load_system, system_from_text
from placemap.config.model import System
from placemap.config.yaml_tree import decoded
from placemap.core.errors import Exit, PlacemapError


def system_at(path: Path, revision: str) -> System:
    """The system that a config declared at a revision of the repository that the file lies in.

    Args:
        path: the config, where it stands now.
        revision: anything that git understands (`HEAD~1`, `v1.2`, `main`); empty for the file as it is.

    Raises:
        PlacemapError: there is no git, no repository, no such revision or no such file in it.
        PlacemapErrors: the config of that revision has mistakes.
    """
    if not revision:
        return load_system(path)
    git = shutil.which("git")
    if git is None:
        raise PlacemapError("comparing revisions needs git, which is not installed")

    def read(name: str) -> str:
        return _file_at(git, path.parent / name, revision)

    return system_from_text(read(path.name), f"{path.name}@{revision}", read)


def _file_at(git: str, path: Path, revision: str) -> str:
    # `--end-of-options` keeps a revision that starts with a dash from being read as an option.
    command = [git, "-C", str(path.parent), "show", "--end-of-options", f"{revision}:./{path.name}"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - arguments, no shell
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        raise PlacemapError(
            f"{path} cannot be read at revision `{revision}`: {lines[0].removeprefix('fatal: ')}",
            hint="OLD and NEW are two output folders, two configs, two vintages, or two git revisions",
            exit_code=Exit.UNREADABLE,
        )
    return decoded(done.stdout)
