"""Chance with an address: each draw is a function of (key, purpose, step, member), never of a stream.

Adding a member, a draw or a policy therefore moves nobody else's luck, and twins that ask for the same
address get the same number. The mixer is the finaliser of splitmix64 in Stafford's variant 13 (Steele,
Lea & Flood 2014, "Fast splittable pseudorandom number generators"), applied once for each part of the address.
"""

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1
_BLOCK = 1 << 14  # rows a pass works on: small enough to stay in the processor's cache
_FEW = 24  # up to so many draws Python's own integers are faster than arrays; the bits are the same
_STEP, _ONE, _TWO = int(_GOLDEN), int(_FIRST), int(_SECOND)


def key(*parts: int | str) -> int:
    """A 64-bit key for a world or its traits, from any parts: `key(root, draw, seed)`.

    >>> key(0, 1, 2) == key(0, 1, 2), key(0, 1, 2) == key(0, 12)
    (True, False)
    """
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def uniform(key: int | np.ndarray, purpose: str, step: int, members: np.ndarray) -> np.ndarray:
    """float64 uniforms in the open interval (0, 1), one for each integer id, in the shape of `members`. Members (n,) may have a key
    each, uint64 (n,).

    >>> uniform(7, "order", 3, np.arange(2)) == uniform(7, "order", 3, np.arange(5))[:2]
    array([ True,  True])
    """
    ids = np.asarray(members)
    start = _address(key, purpose, step)
    if ids.size <= _FEW and isinstance(start, int):
        return np.array([_unit(_mix_int(one * _STEP + start)) for one in ids.ravel().tolist()]).reshape(
            ids.shape
        )
    out = np.empty(ids.shape)
    flat, rows = ids.reshape(-1), out.reshape(-1)
    start = _as_array(start)
    for low in range(0, len(flat), _BLOCK):
        part = flat[low : low + _BLOCK].astype(np.uint64)
        _mix(part, start if start.ndim == 0 else start[low : low + _BLOCK])
        _to_unit(part, rows[low : low + _BLOCK])
    return out


def pair(ids: np.ndarray, others: np.ndarray) -> np.ndarray:
    """One id (n,) for each pair of ids: the address of what one member decides about another.

    >>> one = pair(np.array([1, 2]), np.array([2, 1]))
    >>> bool(one[0] != one[1])
    True
    """
    ids = np.asarray(ids)
    if ids.ndim == 1 and len(ids) <= _FEW:
        both = zip(ids.tolist(), np.asarray(others).tolist(), strict=True)
        bits = [_mix_int(one * _STEP) ^ (((other + 1) * _STEP) & _MASK) for one, other in both]
        return np.array(bits, np.uint64)
    mixed = ids.astype(np.uint64)
    _mix(mixed, np.uint64(0))
    other = (np.asarray(others) + 1).astype(np.uint64) * _GOLDEN
    return mixed ^ other


def gumbel(
    key: int | np.ndarray, purpose: str, step: int, members: np.ndarray, options: int | np.ndarray
) -> np.ndarray:
    """Standard Gumbel noise for each member and option, options on the last axis.

    `members` has shape (n,), and so may the keys (uint64); `options` is a count m, or integer ids of shape (m,) or (n, m). The noise of
    an option is addressed by its id, so an option more or less moves no other's.
    """
    ids = np.asarray(members).reshape(-1)
    names = np.arange(options) if isinstance(options, int | np.integer) else np.asarray(options)
    width = names.shape[-1]
    start = _address(key, purpose, step)
    if len(ids) * width <= _FEW and isinstance(start, int):
        luck = np.array(_few(ids, names, start)).reshape(len(ids), width)
        return -np.log(-np.log(luck))
    out = np.empty((len(ids), width))
    start = _as_array(start)
    rows = max(1, _BLOCK // max(width, 1))
    for low in range(0, len(ids), rows):
        part = ids[low : low + rows].astype(np.uint64)
        _mix(part, start if start.ndim == 0 else start[low : low + rows])
        chosen = names if names.ndim == 1 else names[low : low + rows]
        cell = np.add(part[:, None], chosen.astype(np.uint64) * _GOLDEN)
        _mix(cell, np.uint64(0))
        _to_gumbel(cell, out[low : low + rows])
    return out


def gumbel_of(
    key: int | np.ndarray, purpose: str, step: int, members: np.ndarray, of: np.ndarray, options: np.ndarray
) -> np.ndarray:
    """The same of members (n,) who have options in any number: those with the ids `options` (m,), each of the member in the place `of` (m,).

    >>> table = gumbel(7, "look", 3, np.array([4, 5]), np.array([8, 9]))
    >>> bool((gumbel_of(7, "look", 3, np.array([4, 5]), np.array([0, 1, 1]), np.array([9, 8, 9])) == table[[0, 1, 1], [1, 0, 1]]).all())
    True
    """
    part = np.asarray(members).astype(np.uint64)
    _mix(part, _as_array(_address(key, purpose, step)))
    names = np.asarray(options)
    out = np.empty(len(names))
    for low in range(0, len(names), _BLOCK):
        cell = part[of[low : low + _BLOCK]] + names[low : low + _BLOCK].astype(np.uint64) * _GOLDEN
        _mix(cell, np.uint64(0))
        _to_gumbel(cell, out[low : low + _BLOCK])
    return out


def _few(ids: np.ndarray, names: np.ndarray, start: int) -> list[float]:
    """Uniforms of a few members and options, row by row."""
    mixed = [_mix_int(one * _STEP + start) for one in ids.tolist()]
    table = [names.tolist()] * len(mixed) if names.ndim == 1 else names.tolist()
    return [
        _unit(_mix_int((member + name * _STEP) * _STEP))
        for member, some in zip(mixed, table, strict=True)
        for name in some
    ]


def _address(key: int | np.ndarray, purpose: str, step: int) -> Any:
    """The part of an address that a whole call shares, mixed in Python's integers; of several keys each its own."""
    if isinstance(key, np.ndarray) and key.ndim:
        first = np.ones(len(key), bool)
        np.not_equal(key[1:], key[:-1], out=first[1:])
        starts = np.array([_place(one, purpose) for one in key[first].tolist()], np.uint64)
        starts += np.uint64((int(step) + 1) * _STEP & _MASK)
        _scramble(starts)
        return starts[np.cumsum(first) - 1]
    return _mix_int(_place(int(key), purpose) + (int(step) + 1) * _STEP)


def _as_array(start: Any) -> Any:
    return np.uint64(start) if isinstance(start, int) else start


@lru_cache(maxsize=1 << 14)
def _place(key: int, purpose: str) -> int:
    """The part that all steps share: worlds in lock-step come back to it."""
    name = int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")
    return _mix_int(_mix_int(key & _MASK) ^ name)


def _mix_int(value: int) -> int:
    value &= _MASK
    value = ((value ^ (value >> 30)) * _ONE) & _MASK
    value = ((value ^ (value >> 27)) * _TWO) & _MASK
    return value ^ (value >> 31)


def _unit(bits: int) -> float:
    """As `_to_unit`."""
    return ((bits >> 12) + 0.5) * 2.0**-52


def _mix(values: np.ndarray, start: np.ndarray | np.uint64) -> None:
    """Mix `start` and each id into 64 independent-looking bits, in place."""
    values *= _GOLDEN
    if start.ndim or start:
        values += start
    _scramble(values)


def _scramble(values: np.ndarray) -> None:
    """As `_mix_int`, in place."""
    spare = np.empty_like(values)
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        np.right_shift(values, np.uint64(shift), out=spare)
        values ^= spare
        values *= factor
    np.right_shift(values, np.uint64(31), out=spare)
    values ^= spare


def _to_unit(bits: np.ndarray, out: np.ndarray) -> None:
    """The upper 52 bits as the middle of one of 2^52 cells of (0, 1): never 0, never 1."""
    bits >>= np.uint64(12)
    np.add(bits, 0.5, out=out, casting="unsafe")
    out *= 2.0**-52


def _to_gumbel(bits: np.ndarray, out: np.ndarray) -> None:
    """Standard Gumbels of such uniforms."""
    _to_unit(bits, out)
    np.log(out, out=out)
    np.negative(out, out=out)
    np.log(out, out=out)
    np.negative(out, out=out)
