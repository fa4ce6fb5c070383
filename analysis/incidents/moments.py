"""Moments in people's words."""


def moment_words(step: int, hours: float) -> str:
    """A step as days, hours and minutes since the beginning.

    >>> moment_words(30, 1.0), moment_words(1500, 1 / 60)
    ('day 2, 06:00', 'day 2, 01:00')
    """
    minutes = round(step * hours * 60)
    return f"day {minutes // 1440 + 1}, {minutes % 1440 // 60:02d}:{minutes % 60:02d}"


def step_words(step: int, noun: str) -> str:
    """A step by the community's own name for one, counted from 1, and as the tables count it.

    >>> step_words(3, "month"), step_words(3, "step")
    ('month 4 (step 3)', 'step 3')
    """
    return f"step {step}" if noun == "step" else f"{noun} {step + 1} (step {step})"
