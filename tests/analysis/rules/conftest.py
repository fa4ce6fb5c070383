"""A small record with everything that rules ask for."""

import pytest

from windtunnel.analysis.rules.loading import WORDS, YAML, load_text
from windtunnel.analysis.rules.replaying import replay

DAY = 86_400


@pytest.fixture(scope="session")
def record(tmp_path_factory, import_rows):
    """Two threads over four days. Ann opens both; Bo writes three times in an hour; Cy comes on the fourth day; one text is gone."""
    place = tmp_path_factory.mktemp("record")
    rows = [
        ("a", None, "Ann", 0, "Which saddle is best?", "Saddles and posts"),
        ("b", "a", "Bo", 600, "Spam! buy my saddle"),
        ("c", "b", "Ann", 1200, "please stop\n> buy my saddle"),
        ("d", "c", "Bo", 1800, "no"),
        ("e", "d", "Bo", 2400, "you IDIOT"),
        ("f", None, "Ann", 2 * DAY, "", "Off topic"),
        ("g", "f", "Cy", 3 * DAY, "spammy answer"),
        ("h", "f", "Dee", 3 * DAY + 60, "[removed]"),
        ("i", "a", "Bo", 3 * DAY + 120, "calm again"),
    ]
    names = ("id", "parent", "author", "time", "text", "title")
    log = place / "log.csv"
    log.write_text("act,post,time,actor\nremove,e,3000,Mo\nremove,h,259400,Mo\n")
    table = [dict(zip(names, (*row, None)[:6], strict=True)) for row in rows]
    return import_rows(place, table, mod_log=log, mapping={name: name for name in names})


@pytest.fixture(scope="session")
def touched(record):
    """A function: the letters of the posts that a rule's text touches."""

    def touched(text, source=YAML):
        found = replay(load_text(text, "the rule", source), record)
        return "".join("abcdefghi"[post - 1] for post in found.touches["post"].to_list())

    touched.words = lambda text: touched(text, WORDS)
    return touched
