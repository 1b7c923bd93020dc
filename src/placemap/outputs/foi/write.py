"""An FOI pack → a folder and a zip, and beside them what to check before it is sent."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from placemap.core.errors import PlacemapError
from placemap.core.files import cannot_write, refuse_foreign, replacing, replacing_file, write_text
from placemap.outputs.foi.before_you_send import CHECKS, heading
from placemap.outputs.foi.pack import SUMS, zipped


def write_pack(files: dict[str, bytes], folder: Path, checks: str) -> list[Path]:
    """Write a pack as a folder and as a zip beside it, all of it or nothing.

    Args:
        files: contents by name.
        folder: the zip has its name, and `.zip`.
        checks: what to check before it is sent; empty for nothing.

    Returns:
        The folder, the zip, and what is to be checked, where there is something.

    Raises:
        PlacemapError: it cannot be written, or the folder holds files that are not a pack's.
    """
    archive, beside = folder.with_name(f"{folder.name}.zip"), folder.with_name(CHECKS)
    content = zipped(files, folder.name)
    told = _merged(beside, folder.name, checks)
    try:
        with ExitStack() as stack:
            # What is entered last takes its place first: the folder is what most easily fails, open in a program.
            new_checks = stack.enter_context(replacing_file(beside)) if told else None
            new_archive = stack.enter_context(replacing_file(archive))
            new = stack.enter_context(replacing(folder))
            refuse_foreign(folder, {SUMS, *(line.split("  ", 1)[1] for line in _lines(folder / SUMS) if "  " in line)})
            for name, one in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(one)
            new_archive.write_bytes(content)
            if new_checks:
                write_text(new_checks, told)
        if not told:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(error, folder, what="the pack") from None
    return [folder, archive, *([beside] if checks else [])]


def _merged(beside: Path, pack: str, checks: str) -> str:
    """What is to be checked of all packs in a folder: the text of this one in place of what was said of it before.

    Where that says the same, it stays as it is, with what somebody has ticked.
    """
    told = {parts[0]: "\n".join(parts).strip() + "\n" for parts in _parts(beside)}
    before = told.pop(heading(pack), "")
    rest = [text for head, text in told.items() if (beside.parent / head.rsplit(" ", 1)[1]).is_file()]
    if checks:
        rest.append(before if before.replace("[x]", "[ ]").replace("[X]", "[ ]") == checks else checks)
    return "\n".join(sorted(rest))


def _parts(beside: Path) -> list[list[str]]:
    """The lines about each pack."""
    parts: list[list[str]] = []
    for line in _lines(beside):
        if line.startswith(heading("").removesuffix(".zip")):
            parts.append([])
        elif not parts:
            raise PlacemapError(
                "this is not a file that placemap wrote; it would be replaced",
                location=str(beside),
                hint="move it away, or choose another folder with --out",
            )
        parts[-1].append(line)
    return parts


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
