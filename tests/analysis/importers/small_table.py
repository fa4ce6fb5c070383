"""Four posts in two threads as rows of a table, and what reads of them; an utterance of ConvoKit."""

MAPPING = {"id": "id", "parent": "parent", "author": "who", "time": "at", "text": "text"}
ROWS = [
    ("1", "", "ann", 1_600_000_000, "hello"),
    ("2", "1", "bob", 1_600_000_600, "hi"),
    ("3", "", "cat", 1_600_086_400, "new"),
    ("4", "3", "ann", 1_600_087_000, "yes"),
]
HEAD = ("id", "parent", "who", "at", "text")
AS_READ = ([1, 1, 2, 2], [None, 1, None, 3], [0, 10, 1440, 1450])
"""Threads, parents and minutes of `ROWS`."""

UTTERANCE = {
    "id": "1",
    "conversation_id": "1",
    "speaker": "ann",
    "text": "hi",
    "timestamp": 5,
    "reply-to": None,
}


def table(rows=ROWS, separator=",", end="\n", head=HEAD) -> str:
    return end.join(separator.join(map(str, row)) for row in (head, *rows)) + end


def changed(column, values):
    at = HEAD.index(column)
    return [(*row[:at], value, *row[at + 1 :]) for row, value in zip(ROWS, values, strict=True)]


def shape(posts):
    return tuple(posts[name].to_list() for name in ("thread", "parent", "minute"))


def said(report, *words):
    return [note for note in report.notes if all(word in note for word in words)]
