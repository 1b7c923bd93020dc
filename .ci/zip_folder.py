"""A folder as a zip of the same bytes whenever its files are the same: `zip_folder.py FOLDER ZIP NAME`.

NAME is what the folder is called inside.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

#: The earliest time that a zip can hold.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def main(folder: str, target: str, name: str) -> None:
    """Write the zip, files in order of path, without times."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", NO_TIME)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main(*sys.argv[1:])
