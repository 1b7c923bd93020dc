"""A config as it stood at a git revision."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from placemap.config.find_config import is_config
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

    def read(name: str) -> str:
        return decoded(_git(path.parent, revision, str(path.parent / name), "show", f"{revision}:./{name}"))

    return system_from_text(read(path.name), f"{path.name}@{revision}", read)


def systems_at(folder: Path, revision: str) -> list[System]:
    """The systems whose configs a folder had at a revision, in order of the files' names.

    Raises:
        PlacemapError, PlacemapErrors: as `system_at`; or the folder had no config then.
    """
    if revision:
        names = _git(folder, revision, str(folder), "ls-tree", "--name-only", revision, "./").decode().splitlines()
    else:
        names = [path.name for path in folder.iterdir()]
    configs = [folder / name for name in sorted(names) if is_config(Path(name))]
    if not configs:
        raise PlacemapError(
            f"{folder} has no config at revision `{revision}`",
            hint="say which revision has them",
            exit_code=Exit.UNREADABLE,
        )
    return [system_at(path, revision) for path in configs]


def _git(folder: Path, revision: str, what: str, command: str, *words: str) -> bytes:
    """What git prints.

    Args:
        what: is to be read, for messages.
    """
    git = shutil.which("git")
    if git is None:
        raise PlacemapError("comparing revisions needs git, which is not installed")
    # `--end-of-options` keeps a revision that starts with a dash from being read as an option.
    options = [word for word in words if word.startswith("--")]
    line = [git, "-C", str(folder), command, *options, "--end-of-options", *words[len(options) :]]
    done = subprocess.run(line, capture_output=True, check=False)  # noqa: S603 - arguments, no shell
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        raise PlacemapError(
            f"{what} cannot be read at revision `{revision}`: {lines[0].removeprefix('fatal: ')}",
            hint="OLD and NEW are two output folders, two configs, two vintages, or two git revisions that have this "
            "file: `git log --oneline` lists them, and a checkout in CI may hold only the newest",
            exit_code=Exit.UNREADABLE,
        )
    return done.stdout
