"""The bytes of a recording, whether they are in memory or stay in their file."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, overload

# What is read at once where a file is walked through.
_WINDOW = 2**20


class FileBytes:
    """The bytes of a file as if they were `bytes`: read where they are looked at, and not kept.

    Examples
    --------
    >>> content = FileBytes(io.BytesIO(b"RIFF...."))
    >>> len(content), content[0], content[1:4]
    (8, 82, b'IFF')
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, os.SEEK_END)
        self._first, self._window = 0, b""

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> bytes: ...
    def __getitem__(self, key: int | slice) -> int | bytes:
        if isinstance(key, slice):
            start, stop, _ = key.indices(self._size)
            return self._read(start, max(start, stop))
        return self._read(key, key + 1)[0]

    def _read(self, start: int, stop: int) -> bytes:
        if not self._first <= start <= stop <= self._first + len(self._window):
            self._stream.seek(start)
            self._first, self._window = start, self._stream.read(max(stop - start, _WINDOW))
        return self._window[start - self._first : stop - self._first]


Content = bytes | FileBytes


def content_of(stream: BinaryIO) -> Content:
    """Return the bytes of a stream: those of a file stay in it."""
    return stream.getvalue() if isinstance(stream, io.BytesIO) else FileBytes(stream)
