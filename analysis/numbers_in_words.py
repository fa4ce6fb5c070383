"""Names, counts and numbers as people write them."""


def words(name: str) -> str:
    """A name from a file as words: `slow_mode` is slow mode."""
    return name.replace("_", " ")


def number(count: int, noun: str) -> str:
    """
    >>> number(1, "pair"), number(2, "pair")
    ('1 pair', '2 pairs')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def figure(value: float) -> str:
    """A number of about three digits, as people write it.

    >>> figure(0.17857), figure(12), figure(1072.4)
    ('0.179', '12', '1,072')
    """
    return (f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}").replace("-", "\u2212")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def signed(value: float) -> str:
    return "0" if abs(value) < 1e-9 else f"{'+' if value > 0 else ''}{figure(value)}"


def change(est: float | None, low: float | None, high: float | None) -> str:
    """A difference with its interval.

    >>> change(0.5, None, None), change(0.5, -1e-20, 2)
    ('+0.5 (no interval)', '+0.5 (0 to +2)')
    """
    ends = "no interval" if low is None or high is None else f"{signed(low)} to {signed(high)}"
    return "undefined" if est is None else f"{signed(est)} ({ends})"


def is_whole(text: str) -> bool:
    """Is the text a whole number from 0 on, in plain digits, and no longer than one that a table holds?

    >>> is_whole("12"), is_whole("²"), is_whole("9" * 5000), is_whole("")
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= 18
