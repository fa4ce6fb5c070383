"""Where a server and its key may be: a key lives in the environment alone, never in a config, log or message."""

import ipaddress
import os
import re
from urllib.parse import urlsplit

_LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")


def check_key_name(name: str | None) -> str | None:
    """`name` if it is fit for an environment variable, else `ValueError`.

    A key written there by mistake is refused and not repeated.
    """
    if name and not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", name):
        raise ValueError(
            "llm.key_env must be the name of an environment variable in capitals, such as "
            "OPENAI_API_KEY; what was given is not shown, in case it is a key"
        )
    return name


def read_key(name: str | None) -> str:
    """The key in the environment variable called `name`; empty without a name."""
    if not check_key_name(name):
        return ""
    key = os.environ.get(str(name), "")
    if not key:
        raise ValueError(f"the environment variable {name} is not set: put the server's key there")
    return key


def check_base_url(url: str) -> str:
    """`url` if it is an http address without a user, password or query in it, else `ValueError`."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise ValueError(
            "llm.base_url holds a user, password or query: take it out, and name the environment "
            "variable that holds the key in llm.key_env"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"llm.base_url must look like http://127.0.0.1:8000/v1, not {url!r}")
    return url


def is_loopback(url: str) -> bool:
    """Whether what is sent to `url` stays on this machine: it names localhost, 127.x.y.z or ::1, and nothing like them.

    >>> is_loopback("http://127.0.0.1:8000/v1"), is_loopback("http://127.0.0.1.example.org/v1")
    (True, False)
    """
    try:
        host = urlsplit(url).hostname or ""
        if host in ("localhost", "::1"):
            return True
        return ipaddress.IPv4Address(host) in _LOOPBACK
    except ValueError:  # a name, or no address at all
        return False
