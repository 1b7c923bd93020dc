"""Which config a name on the command line means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from placemap.core.errors import PlacemapError
from placemap.core.files import is_file, is_litter
from placemap.core.installed import packaged_folder
from placemap.core.text import listed

ENDINGS = (".yaml", ".yml")
#: Where people keep configs of their own.
_OWN = Path("configs")
#: A line that begins with a key that only configs have.
_KEYS = re.compile(rb"(?m)^\W*(?:placemap|ics|footprints|default_footprint)\W*:")


def config_path(name: str) -> Path:
    """The config that `name` means: a path, then `./configs/<name>.yaml`, then a packaged config.

    Raises:
        PlacemapError: no config has that name.
    """
    given = Path(name)
    if given.suffix in ENDINGS or len(given.parts) > 1 or is_file(given):
        return given
    for place in (_OWN, packaged_folder("configs")):
        for ending in ENDINGS:
            if is_file(place / f"{name}{ending}"):
                return place / f"{name}{ending}"
    if _is_folder(given):  # only now: a folder of outputs may well be called like a system
        return given
    from placemap.config.suggest import suggestion  # reads all configs: only now

    raise PlacemapError(
        f"there is no system `{name}`: no such file, and no config of that name",
        hint=suggestion(name, all_configs()),
    )


def with_folders(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names of configs, with the configs in it in the place of each folder, by name; and YAML files that are none.

    Raises:
        PlacemapError: a folder holds no config.
    """
    found = [_in_folder(name) for name in names]
    return [one for configs, _ in found for one in configs], [one for _, others in found for one in others]


def _in_folder(name: str) -> tuple[list[str], list[str]]:
    # A folder of outputs may well be called like a system; then the system is meant.
    if not _is_folder(Path(name)) or not _is_folder(path := config_path(name)):
        return [name], []
    files = [one for one in sorted(path.iterdir()) if is_config(one) and not _is_folder(one)]
    others = [str(one) for one in files if _is_of_something_else(one)]
    found = [str(one) for one in files if str(one) not in others]
    if not found:
        only = f", only {listed(others)}" if others else ""
        raise PlacemapError(
            f"no config is in this folder{only}; expected YAML files with the key `placemap`",
            location=str(path),
            hint="name the folder that holds them; folders in it are not looked into",
        )
    return found, others


def _is_of_something_else(path: Path) -> bool:
    """Whether a YAML file has none of the keys that make a config; what cannot be read is for its reader to say."""
    try:
        content = path.read_bytes().replace(b"\0", b"")  # UTF-16, too
    except OSError:
        return False
    return _KEYS.search(content) is None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def all_configs() -> dict[str, Path]:
    """Configs by name: the packaged ones, and over them those in `./configs`."""
    return dict(sorted({**_configs_in(packaged_folder("configs")), **_configs_in(_OWN)}.items()))


def england_configs() -> dict[str, Path]:
    """The configs that make up England, by name: the packaged ones, or those of the same name in `./configs`."""
    packaged = _configs_in(packaged_folder("configs"))
    return {name: path for name, path in all_configs().items() if name in packaged}


def own_configs() -> list[Path]:
    """Configs in `./configs` that stand in the place of packaged ones of the same name and other content."""
    packaged = packaged_folder("configs")
    found = england_configs()
    shipped = _configs_in(packaged)
    return [path for name, path in found.items() if path.read_bytes() != shipped[name].read_bytes()]


def _configs_in(folder: Path) -> dict[str, Path]:
    if not _is_folder(folder):
        return {}
    files = (path for path in sorted(folder.iterdir()) if is_config(path))
    return {path.stem: path for path in files if not _is_of_something_else(path)}


def is_config(path: Path) -> bool:
    """Whether a file in a folder of configs is one, by its name; `._x.yaml` is what macOS leaves on other disks."""
    return path.suffix in ENDINGS and not is_litter(path)
