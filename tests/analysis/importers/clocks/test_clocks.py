"""Columns of times as other systems count them: read where nothing else fits, else refused with how to convert; dates of the standard library."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from windtunnel.analysis.importers.clocks.clock import Kind, settle_list
from windtunnel.analysis.importers.clocks.times import read_time

TABLE = Kind(own_start="at 0", spreadsheet=True)
MOMENTS = [
    datetime(2023, 5, 2, 8, 15, 1, 137_551, UTC) + timedelta(hours=7.3 * at, seconds=at) for at in range(9)
]
MICRO = timedelta(microseconds=1)


def since(year, of=MICRO, month=1, day=1):
    """Whole units of `of` between a year's beginning and each moment."""
    return [(moment - datetime(year, month, day, tzinfo=UTC)) // of for moment in MOMENTS]


def ids(first_ms, bits):
    """Ids that hold the milliseconds since `first_ms` in their upper bits, and little below."""
    return [
        (ms - first_ms << bits) + (at << 12) for at, ms in enumerate(since(1970, timedelta(milliseconds=1)))
    ]


READ = {
    ".NET ticks": [10 * each for each in since(1)],
    ".NET ticks ": [10**7 * each for each in since(1, timedelta(seconds=1))],
    "Windows FILETIME": [10 * each + 7 for each in since(1601)],
    "microseconds since 1601": since(1601),
    "Julian days": [each / 86_400e6 + 2_451_544.5 for each in since(2000)],
    "nanoseconds": [1_000 * each + 429 for each in since(1970)],
    "nanoseconds ": [10**9 * each for each in since(1970, timedelta(seconds=1))],
}
REFUSED = {
    "Discord's ids": ids(1_420_070_400_000, 22),
    "Twitter's ids": ids(1_288_834_974_657, 22),
    "Mastodon's ids": ids(0, 16),
    "modified Julian days": [each / 86_400e6 + 51_544 for each in since(2000)],
    "MATLAB's days": [each / 86_400e6 + 730_486 for each in since(2000)],
}


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("clock", READ)
def test_a_clock_that_alone_fits_is_read_and_named(clock, as_text):
    numbers = [str(each) if as_text else each for each in READ[clock]]
    found = settle_list([read_time(each) for each in numbers], TABLE)
    assert not found.faults
    np.testing.assert_allclose(found.seconds, [moment.timestamp() for moment in MOMENTS], atol=1)
    assert f"time is read as {clock.strip()}" in found.said[0] and "2023-05-02" in found.said[0]


@pytest.mark.parametrize("clock", REFUSED)
def test_a_clock_that_may_be_another_is_refused_with_its_conversion(clock):
    with pytest.raises(
        ValueError,
        match=f"look like .*{clock}.*2023-05-02 to 2023-05-04; seconds since 1970 are .*write dates",
    ):
        settle_list([read_time(each) for each in REFUSED[clock]], TABLE)


@pytest.mark.parametrize("factor", [1, 10**9])
def test_seconds_of_the_nineties_name_what_apple_would_mean(factor):
    found = settle_list([read_time(each * factor) for each in since(2001, timedelta(seconds=1))], TABLE)
    assert "counted from 2001, as Apple does, it would be 2023-05-02 to 2023-05-04" in found.said[0]
