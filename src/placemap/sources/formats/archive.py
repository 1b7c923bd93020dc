"""Archives that strangers made: nothing is unpacked to disk, and nothing may grow without bound.

A member's name never becomes a path: members are read into memory, under limits that the bytes themselves are held to,
as sizes that an archive states can be wrong.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

from placemap.core.errors import PlacemapError

#: A whole file may not be larger than this; nor may all that a zip holds, unpacked.
MOST_BYTES = 1_500_000_000
#: Official tables pack to between a third and a fortieth; a thousandth is a bomb.
MOST_RATIO = 400
MOST_MEMBERS = 2_000


def safe_archive(name: str, content: bytes) -> zipfile.ZipFile:
    """Open a zip (a workbook is one) after looking at what it says it holds.

    Raises:
        PlacemapError: it would unpack to too much, or has names that lead out of a folder.
        zipfile.BadZipFile: it is no zip.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or size > MOST_BYTES or size > MOST_RATIO * max(len(content), 10_000):
        raise PlacemapError(
            f"the archive would unpack to {size:,} bytes in {len(members):,} files from {len(content):,}; that is no "
            "official file",
            location=name,
            hint="take the file from its publisher",
        )
    outside = next((member.filename for member in members if _leads_out(member.filename)), None)
    if outside is not None:
        raise PlacemapError(
            f"the archive has a file whose name leads out of it: {outside!r}",
            location=name,
            hint="take the file from its publisher",
        )
    return archive


def read_member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    """A member's content, not more than it says it is.

    Raises:
        PlacemapError: it is more.
    """
    said = archive.getinfo(member).file_size
    with archive.open(member) as file:
        content = file.read(said + 1)
    if len(content) > said:
        raise PlacemapError(
            "the archive holds more than it says", location=name, hint="take the file from its publisher"
        )
    return content


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0] if path.parts else False
