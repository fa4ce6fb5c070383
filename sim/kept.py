"""What a long reckoning gave for the same numbers not long ago: twins often ask for the same."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import numpy as np

_KEPT: OrderedDict[bytes, Any] = OrderedDict()
_MOST = 16


def once(learn: Callable[..., Any], *data: np.ndarray) -> Any:
    """`learn(*data)`, or what it gave for the same data not long ago: twins often hand in the same."""
    digest = blake2b(digest_size=16)
    for array in data:
        digest.update(repr((array.shape, array.dtype)).encode() + np.ascontiguousarray(array).tobytes())
    key = digest.digest() + learn.__qualname__.encode()
    if key not in _KEPT:
        _KEPT[key] = learn(*data)
        if len(_KEPT) > _MOST:
            _KEPT.popitem(last=False)
    _KEPT.move_to_end(key)
    return _KEPT[key]
