"""An FOI pack → a folder and a zip."""

from __future__ import annotations

from pathlib import Path

from placemap.core.files import cannot_write, refuse_foreign, replacing, write_whole
from placemap.outputs.foi.pack import SUMS, zipped


def write_folder(files: dict[str, bytes], folder: Path) -> Path:
    """Write a pack as a folder, whole or not at all.

    Raises:
        PlacemapError: it cannot be written, or the folder holds files that are not a pack's.
    """
    try:
        with replacing(folder) as new:
            refuse_foreign(folder, {SUMS, *(line.split("  ", 1)[1] for line in _lines(folder / SUMS) if "  " in line)})
            for name, content in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError as error:
        raise cannot_write(error, folder, what="the pack") from None
    return folder


def write_zip(files: dict[str, bytes], path: Path) -> Path:
    """Write a pack as one zip file.

    Raises:
        PlacemapError: it cannot be written.
    """
    return write_whole(path, zipped(files, path.stem))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
