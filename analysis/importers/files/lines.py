"""Opens a file of a record, packed or not, and gives its lines; refuses archives and decompression bombs."""

import bz2
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from windtunnel.analysis.importers.files.encodings import in_utf8
from windtunnel.analysis.importers.files.foreign import HEAD, refuse_foreign

MAX_LINE = 16 * 2**20
"""Bytes; a longer line is no post."""
MAX_DOCUMENT = 256 * 2**20
"""Bytes of one JSON document that is not in lines, which has to be held whole."""
MAX_RATIO = 200
RATIO_FROM = 64 * 2**20
"""Text packs 3 to 30 times. A file that unpacks to more than `MAX_RATIO` times what was read of it, past
`RATIO_FROM` bytes, is a decompression bomb."""
DEFAULT_MAX_BYTES = 50 * 10**9
"""Unpacked bytes of one file beyond which an import stops; `--max-bytes`."""
BLOCK = 2**20
PIECE = 2**11
"""Packed bytes given to an unpacker at a time: 4 bytes of zstandard can stand for 128 KiB."""

TOO_LONG = b""
"""Stands for a line of more than `MAX_LINE` bytes, whose content is let go."""

SUFFIXES = frozenset({".gz", ".bz2", ".xz", ".zst"})


class BrokenOff(Exception):
    """A packed file that ends, or stops making sense, before its end."""


class _Packing(NamedTuple):
    name: str
    magic: bytes
    unpacker: Callable[[], Any]
    errors: tuple[type[Exception], ...]


def _zstandard() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj()


def _zstandard_error() -> type[Exception]:
    import zstandard

    return zstandard.ZstdError


def _packing(head: bytes) -> _Packing | None:
    """What the first bytes of a file say it is packed with; the name of a file says nothing here."""
    if head.startswith(b"\x28\xb5\x2f\xfd") or head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:
        return _Packing("zstandard", head[:4], _zstandard, (_zstandard_error(),))
    if head.startswith(b"\x1f\x8b"):
        return _Packing("gzip", head[:2], lambda: zlib.decompressobj(wbits=31), (zlib.error,))
    if head.startswith(b"BZh"):
        return _Packing("bzip2", head[:3], bz2.BZ2Decompressor, (OSError, ValueError))
    if head.startswith(b"\xfd7zXZ\x00"):
        return _Packing("xz", head[:6], lambda: lzma.LZMADecompressor(memlimit=2**28), (lzma.LZMAError,))
    return None


class Told(NamedTuple):
    """What reading reports to: `read(bytes)` after each block, in bytes of the file as it lies there."""

    read: Callable[[int], None]


def blocks(
    path: Path, max_bytes: int = DEFAULT_MAX_BYTES, told: Told | None = None, encoding: str | None = None
) -> Iterator[bytes]:
    """The unpacked content of `path`, block by block, in UTF-8 (see `in_utf8`; `encoding` names another).

    Raises `ValueError` for an archive and other files without a record (`refuse_foreign`), and for a packed file that unpacks beyond `MAX_RATIO` or `max_bytes`;
    `BrokenOff` where a packed file breaks off.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(0)
        refuse_foreign(path, head)
        packing = _packing(head)
        pieces = _plain(file, told) if packing is None else _unpacked(file, path, packing, max_bytes, told)
        yield from in_utf8(pieces, encoding)


def _plain(file: BinaryIO, told: Told | None) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        if told:
            told.read(len(block))
        yield block


def _unpacked(
    file: BinaryIO, path: Path, packing: _Packing, max_bytes: int, told: Told | None
) -> Iterator[bytes]:
    """Frames are followed one by one, since the unpackers' own readers take a truncated file for a whole one."""
    unpacker, read, made = None, 0, 0
    while packed := file.read(PIECE):
        read += len(packed)
        if told:
            told.read(len(packed))
        while packed:
            unpacker = unpacker or packing.unpacker()
            try:
                for block in _bounded(unpacker, packed, packing):
                    if not made:
                        refuse_foreign(path, block)
                    made += len(block)
                    refuse_bombs(path, read, made, max_bytes)
                    yield block
            except BrokenOff:
                if made and not packed.strip(b"\0"):  # padding after the last frame
                    return
                raise
            packed, unpacker = (unpacker.unused_data, None) if unpacker.eof else (b"", unpacker)
            if unpacker is None and packing.name != "zstandard":
                packed = packed.lstrip(b"\0")
    if unpacker is not None:
        raise BrokenOff("the packed file breaks off here: fetch it again")


def _bounded(unpacker: Any, packed: bytes, packing: _Packing) -> Iterator[bytes]:
    """What these bytes unpack to; where the unpacker can stop, a block at a time: 700 bytes of bzip2 can be a gigabyte."""
    stops = hasattr(unpacker, "needs_input")
    while True:
        try:
            block = unpacker.decompress(packed, BLOCK) if stops else unpacker.decompress(packed)
        except packing.errors as error:
            raise BrokenOff(f"not {packing.name} from here on ({error})") from None
        if block:
            yield block
        if not stops or unpacker.eof or unpacker.needs_input:
            return
        packed = b""


def refuse_bombs(path: Path, read: int, made: int, max_bytes: int) -> None:
    """`ValueError` where `read` bytes of a file unpack to `made` bytes, beyond `max_bytes` or `MAX_RATIO`."""
    if made > max_bytes:
        raise ValueError(
            f"{path.name} unpacks to more than {max_bytes:,} bytes: give a larger --max-bytes if you trust it"
        )
    if made > RATIO_FROM and made > MAX_RATIO * read:
        raise ValueError(
            f"{path.name} unpacks to more than {MAX_RATIO} times its size, as a decompression bomb does: "
            "if you trust it, unpack it yourself and import the unpacked file"
        )


def numbered_lines(
    path: Path, max_bytes: int = DEFAULT_MAX_BYTES, told: Told | None = None, encoding: str | None = None
) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers from 1; `TOO_LONG` for one of more than `MAX_LINE` bytes."""
    number, rest, skipping, ends = 0, b"", False, None
    for block in blocks(path, max_bytes, told, encoding):
        if ends is None and block:
            ends = b"\r" if b"\r" in block and b"\n" not in block else b"\n"
        if ends == b"\r":  # lines as old Macs end them
            block = block.replace(b"\r", b"\n")
        lines = block.split(b"\n")
        lines[0] = rest + lines[0] if not skipping else b""
        rest = lines.pop()
        for line in lines:
            number += 1
            if skipping:
                skipping = False
                yield number, TOO_LONG
            elif len(line) > MAX_LINE:
                yield number, TOO_LONG
            elif line.strip():
                yield number, line
        if len(rest) > MAX_LINE:
            rest, skipping = b"", True
    if skipping:
        yield number + 1, TOO_LONG
    elif rest.strip():
        yield number + 1, rest


def json_values(
    path: Path, max_bytes: int = DEFAULT_MAX_BYTES, told: Told | None = None
) -> Iterator[tuple[int, bytes]]:
    """The JSON texts of a file with their lines; a .json whose first line is no JSON of its own is one text."""
    lines = numbered_lines(path, max_bytes, told)
    if Path(bare_name(path)).suffix.casefold() == ".json":
        first = next(lines, None)
        if first is None:
            return
        if not _is_json(first[1]):
            yield 1, document(path, max_bytes)
            return
        yield first
    yield from lines


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def document(path: Path, max_bytes: int = DEFAULT_MAX_BYTES, told: Told | None = None) -> bytes:
    """The whole unpacked content of a file that is one JSON document; `ValueError` beyond `MAX_DOCUMENT`."""
    parts, size = [], 0
    for block in blocks(path, max_bytes, told):
        parts.append(block)
        size += len(block)
        if size > MAX_DOCUMENT:
            raise ValueError(
                f"{path.name} is one JSON document of more than {MAX_DOCUMENT:,} bytes: split it"
            )
    return b"".join(parts)


def bare_name(path: Path) -> str:
    """The file's name without the suffix of its packing.

    >>> bare_name(Path("posts.csv.gz"))
    'posts.csv'
    """
    return path.stem if path.suffix in SUFFIXES else path.name
