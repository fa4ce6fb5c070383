"""What a Parquet file unpacks to, told from its footer and the heads of its pages before anything is unpacked.

Both are Thrift structures in the compact protocol (Apache Parquet format, parquet.thrift; Apache Thrift compact protocol).
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

MARK = b"PAR1"
MOST_FOOTER = 64 * 2**20
HEADS = (2**12, 2**24)
"""Bytes in which a page's head is looked for; it may hold the smallest and largest value."""
DEEPEST = 32

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12


class Weight(NamedTuple):
    """Rows of the file, and bytes that its pages of some columns unpack to; 0 for columns that it has not."""

    rows: int
    unpacked: int


def weight(path: Path, columns: Collection[str]) -> Weight:
    """Of the file at `path`, read no further than the heads of the pages; `ValueError` where they make no sense."""
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            footer = _footer(file, size)
            unpacked = sum(_pages(file, size, chunk) for chunk in _chunks(footer, set(columns)))
            return Weight(int(footer[3]), unpacked)
        except (IndexError, KeyError, TypeError, ValueError, OverflowError):
            raise ValueError("its footer or a page makes no sense") from None


def _footer(file: BinaryIO, size: int) -> dict[int, Any]:
    if size < 12:
        raise ValueError
    file.seek(size - 8)
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MARK or not 0 < length <= min(size - 8, MOST_FOOTER):
        raise ValueError
    file.seek(size - 8 - length)
    return _Compact(file.read(length)).struct()


def _chunks(footer: dict[int, Any], columns: set[str]) -> Iterator[dict[int, Any]]:
    """The metadata of each column chunk that belongs to the columns."""
    for group in footer[4]:
        for chunk in group[1]:
            if chunk[3][3][0].decode() in columns:
                yield chunk[3]


def _pages(file: BinaryIO, size: int, chunk: dict[int, Any]) -> int:
    """Unpacked bytes of a chunk's pages: what the heads say, since that is what a reader makes room for."""
    at = min(chunk[9], chunk.get(11, chunk[9]) or chunk[9])
    end, unpacked = at + chunk[7], 0
    if not 0 <= at <= end <= size:
        raise ValueError
    while at < end:
        page, length = _head(file, at)
        if page[2] < 0 or page[3] < 0:
            raise ValueError
        unpacked += page[2]
        at += length + page[3]
    return max(unpacked, chunk[6])


def _head(file: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """The head of the page that begins there, and its length."""
    for most in HEADS:
        file.seek(at)
        head = _Compact(file.read(most))
        try:
            return head.struct(), head.at
        except (IndexError, ValueError):
            continue
    raise ValueError


class _Compact:
    """Reads one Thrift structure as a dict by field number; it needs no schema."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        if depth > DEEPEST:
            raise ValueError
        found, field = dict[int, Any](), 0
        while kind := self._byte():
            field = field + (kind >> 4) if kind >> 4 else self._zigzag()
            found[field] = (
                kind & 15 == _TRUE if kind & 15 in (_TRUE, _FALSE) else self._value(kind & 15, depth)
            )
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind < _DOUBLE:
            return self._zigzag()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            if count > len(self.content):
                raise ValueError
            return [self._value(head & 15, depth + 1) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError  # parquet.thrift has no maps

    def _byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def _bytes(self, count: int) -> bytes:
        self.at += count
        if self.at > len(self.content):
            raise ValueError
        return self.content[self.at - count : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
