"""Packs and office files that somebody has changed."""

import io
import zipfile

from placemap.outputs.foi.pack import SUMS, sums


def changed_part(content, name, change):
    """An office file with one part changed, or added."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for item in old.namelist():
            new.writestr(item, change(old.read(item)) if item == name else old.read(item))
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return result.getvalue()


def replaced(old, new):
    def change(content):
        assert old in content
        return content.replace(old, new, 1)

    return change


def resummed(files):
    """The files with checksums that fit."""
    rest = {name: content for name, content in files.items() if name != SUMS}
    return {**rest, SUMS: sums(rest).encode()}
