"""A zip whose every byte is accounted for: what `foi` wrote holds nothing before, between or after its files."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from placemap.core.files import NO_TIME
from placemap.core.open_file import ZIP_FAULTS

#: No pack, and no document of one, is larger, packed or not; none packs to less than a 400th of its size.
MOST_BYTES = 500_000_000
MOST_RATIO = 400
_SMALL = 10_000
_FAULTS = (*ZIP_FAULTS, ValueError, LookupError, ArithmeticError)
#: Lengths of a zip's records without names: before each file, in the directory, and at the end (APPNOTE 4.3).
_LOCAL, _ENTRY, _END = 30, 46, 22


@dataclass(frozen=True)
class Unpacked:
    """What a zip holds.

    Attributes:
        files: contents by name.
        modes: Unix mode of each, as `stat` gives it.
        strays: what it holds besides files, in words.
    """

    files: dict[str, bytes]
    modes: dict[str, int]
    strays: list[str]


def unpacked(content: bytes) -> Unpacked:
    """Unpack a zip in memory.

    Raises:
        ValueError: it is damaged, packed in a way that placemap does not pack, or would unpack to too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            _refuse_bomb(members, len(content))
            files = {member.filename: _read(member, content) for member in members}
            modes = {member.filename: member.external_attr >> 16 for member in members}
            return Unpacked(files, modes, list(_strays(archive, members, len(content))))
    except _FAULTS as error:
        raise ValueError(str(error) or type(error).__name__) from None


def _refuse_bomb(members: list[zipfile.ZipInfo], packed: int) -> None:
    size = sum(member.file_size for member in members)
    if size > MOST_BYTES or size > MOST_RATIO * max(packed, _SMALL):
        raise ValueError(f"it would unpack to {size:,} bytes from {packed:,}, as nothing does that placemap wrote")


def _read(member: zipfile.ZipInfo, content: bytes) -> bytes:
    """A member's bytes, from a stream that ends where the archive says, and holds what it says."""
    name = member.filename
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is encrypted, or packed in a way that placemap does not pack")
    head = content[member.header_offset : member.header_offset + _LOCAL]
    named, extra = struct.unpack("<26xHH", head)
    start = member.header_offset + _LOCAL + named
    encoding = "utf-8" if member.flag_bits & 0x800 else "cp437"
    if member.orig_filename != name or content[start - named : start] != name.encode(encoding):
        raise ValueError(f"{name} has two names")
    raw = content[start + extra : start + extra + member.compress_size]
    data = raw if member.compress_type == zipfile.ZIP_STORED else _inflated(raw, member)
    if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
        raise ValueError(f"{name} is damaged")
    return data


def _inflated(raw: bytes, member: zipfile.ZipInfo) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    data = stream.decompress(raw, member.file_size + 1)
    if not stream.eof or stream.unused_data:
        raise ValueError(f"{member.filename} is damaged: its packed bytes do not end where they should")
    return data


def _strays(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], size: int) -> Iterator[str]:
    names = [member.filename for member in members]
    yield from (f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1}))
    yield from (f"{name} is the entry of a folder" for name in names if name.endswith("/"))
    if archive.comment:
        yield "the archive has a comment"
    if any(member.date_time != NO_TIME.timetuple()[:6] for member in members):
        yield "the archive tells when files were changed"
    other = size - _END - len(archive.comment) - sum(_length(member) for member in members)
    if other or len({member.header_offset for member in members}) < len(members):
        yield f"the archive has {other:,} bytes that belong to no file"


def _length(member: zipfile.ZipInfo) -> int:
    """Bytes that a member takes, its entry in the directory included, where nothing is added to it."""
    name = member.filename.encode("utf-8" if member.flag_bits & 0x800 else "cp437")
    return _LOCAL + _ENTRY + 2 * len(name) + member.compress_size
