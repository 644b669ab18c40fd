"""What Redis holds, read as text; and taking away what speaks of one office.

It holds rings of the doorbell and what RQ remembers of them, and no work: whatever is taken away is rung again.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import redis

_READ: Final[dict[bytes, Callable[[Any, bytes], Any]]] = {
    b"string": lambda line, key: [line.get(key)],
    b"list": lambda line, key: line.lrange(key, 0, -1),
    b"set": lambda line, key: line.smembers(key),
    b"zset": lambda line, key: line.zrange(key, 0, -1),
    b"hash": lambda line, key: [part for pair in line.hgetall(key).items() for part in pair],
    b"stream": lambda line, key: [
        part for _, said in line.xrange(key) for pair in said.items() for part in pair
    ],
}


def texts(line: redis.Redis) -> Iterator[tuple[bytes, list[bytes]]]:
    """Every key with all that it holds, unpacked where RQ packs it. A kind that nobody knows is a ValueError."""
    for key in line.scan_iter(count=1000):
        kind: Any = line.type(key)
        if kind == b"none":
            continue  # it has run out just now
        if kind not in _READ:
            raise ValueError(f"Redis has a key of the kind {kind!r}, which cannot be read")
        held = [one for one in _READ[kind](line, key) if one is not None]
        yield key, [key, *held, *(_unpacked(one) for one in held)]


def clear_redis(line: redis.Redis, code: str) -> int:
    """Take away every key that names the office, in its name or in what it holds; how many there were."""
    named = re.compile(rb"(?<![a-z0-9_])" + re.escape(code.encode()) + rb"(?![a-z0-9_])")
    found = [key for key, held in texts(line) if any(named.search(one) for one in held)]
    return sum(int(line.delete(key)) for key in found)  # type: ignore[arg-type]


def _unpacked(value: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompress(value)
    return b""
