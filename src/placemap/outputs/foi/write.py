"""An FOI pack → a folder and a zip."""

from __future__ import annotations

from pathlib import Path

from placemap.core.errors import PlacemapError
from placemap.core.files import cannot_write, is_litter, replacing, write_whole
from placemap.outputs.foi.pack import SUMS, zipped


def write_folder(files: dict[str, bytes], folder: Path) -> Path:
    """Write a pack as a folder, whole or not at all.

    Raises:
        PlacemapError: it cannot be written, or the folder holds files that are not a pack's.
    """
    try:
        with replacing(folder) as new:
            _refuse_foreign(folder)
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


def _refuse_foreign(folder: Path) -> None:
    """Refuse to replace a folder that holds anything besides an earlier pack, such as a reply that someone wrote."""
    if not folder.exists():
        return
    listed = {line.split("  ", 1)[1] for line in _lines(folder / SUMS) if "  " in line} | {SUMS}
    found = {
        item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file() and not is_litter(item)
    }
    foreign = sorted(found - listed)
    if foreign:
        raise PlacemapError(
            f"the folder holds files that are not the pack's ({', '.join(foreign[:3])}); they would be lost",
            location=str(folder),
            hint="move them away, or choose another folder with --out",
        )


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
