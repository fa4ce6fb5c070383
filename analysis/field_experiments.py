"""What came of the field experiments that a forum can express: the causal line of reports, from `bench/field_experiments.py`."""

from functools import cache
from importlib.resources import files

import yaml

FILE = "field_experiments.yaml"


@cache
def sentence() -> str:
    """How many of the rows came out within what was published, and which did not; empty where they were never run."""
    path = files("windtunnel.conf") / FILE
    if not path.is_file():
        return ""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]
    inside = [row for row in rows if row["verdict"].startswith("inside")]
    missed = [row for row in rows if row["verdict"] == "missed"]
    circular = [row["id"] for row in rows if "circular" in row["verdict"]]
    told = [f"{row['what']} ({row['policy']}): {row['here']}, published {row['published']}" for row in missed]
    source = (
        f"; {', '.join(circular)} is no test, as its published effect is a setting of the rules"
        if circular
        else ""
    )
    return (
        f"Of {len(rows)} rows of field experiments elsewhere that a forum can express, {len(inside)} came out within what was published with members by "
        f"rules{source}; missed: {'; '.join(told) or 'none'}"
    )
