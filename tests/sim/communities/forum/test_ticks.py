"""A record in ticks: who decides together, what is written beforehand, and how long everybody had to come in."""

import numpy as np
import pytest

from windtunnel.sim.communities.forum.ticks import BEFORE, record_of


def record(rows, own=None, silent=4, **named):
    """A record from (minute, author, parent); tones are civil."""
    minute, author, parent = (np.array(column) for column in zip(*rows, strict=True))
    return record_of(minute, author, parent, np.zeros(len(rows), int), silent, own=own, **named)


def test_everybody_of_an_hour_decides_on_the_same_state_where_only_hours_are_known():
    made = record([(0, 1, -1), (60, 2, 0), (60, 3, 0), (120, 1, 1), (240, 2, 0)])
    assert [(tick.minute, tick.hours) for tick in made.ticks] == [
        (0, 1),
        (60, 1),
        (120, 1),
        (180, 1),
        (240, 1),
    ]
    assert [tick.decided for tick in made.ticks] == [(), (1, 2), (3,), (), (4,)]
    assert made.ticks[0].before == (0,) and made.decided().tolist() == [False, True, True, True, True]


def test_an_answer_within_its_minute_and_a_second_act_have_a_tick_of_their_own():
    made = record([(0, 1, -1), (5, 2, 0), (5, 3, 1), (5, 2, 2)])
    five = [tick for tick in made.ticks if tick.minute == 5]
    assert [tick.decided for tick in five] == [(1,), (2,), (3,)]
    assert sum(tick.hours for tick in made.ticks) == pytest.approx(
        (5 + 5) / 60
    )  # times are multiples of five minutes


def test_the_hours_of_all_ticks_are_the_time_from_the_first_post_to_the_end():
    rng = np.random.default_rng(5)
    for _ in range(20):
        minute = np.sort(rng.integers(0, 900, 12))
        rows = [(int(at), 1 + place % 5, -1 if place == 0 else 0) for place, at in enumerate(minute)]
        made = record(rows, silent=6, until=1300)
        grain = int(np.gcd.reduce(np.diff(np.unique(minute))))
        assert sum(tick.hours for tick in made.ticks) * 60 == pytest.approx(1300 - minute[0] + min(grain, 60))
        assert (
            made.ticks[-1].minute == 1300
            and max(tick.hours for tick in made.ticks) <= 1.5 * 1300 / 6 / 60 + 1
        )
        assert len(set(made.post_ids())) == 12 and sorted(made.tick_of) == list(made.tick_of)


def test_acts_elsewhere_share_a_period_and_those_that_hang_on_each_other_are_written_as_they_are():
    rows = [(100, 1, -1), (160, 2, 0)]  # the thread itself
    rows += [(10, 3, -1), (110, 4, 2), (120, 5, 3), (130, 4, 2), (140, 0, 2), (150, 6, -1), (155, 7, 7)]
    made = record(rows, own=2, silent=1)
    (tick,) = [tick for tick in made.ticks if tick.minute == 160]
    assert tick.decided == (1, 3)  # 4 answers within the period, 5 acts again, 6 is nobody known, 8 answers 7
    assert tick.before == () and tick.after == (4, 5, 6, 7, 8)
    assert made.tick_of[2] == BEFORE and made.thread.tolist() == [0, 0, 2, 2, 2, 2, 2, 7, 7]


def test_more_posts_than_ids_have_room_for_are_refused():
    with pytest.raises(ValueError, match="too many for one record"):
        record([(at, 1 + at % 50, at - 1 if at % 2 else -1) for at in range(10_000)], own=4)
