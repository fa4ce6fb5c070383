"""What changes is sent again as server-sent events, to its end; a stream gives way to newer ones and ends with its server."""

import asyncio
import json

import pytest

from windtunnel.analysis.view import streaming
from windtunnel.analysis.view.streaming import Piece, event
from windtunnel.analysis.view.streams import Streams


def parsed(text):
    """(event, data) as a browser reads them (WHATWG HTML, 9.2.6)."""
    found = []
    for block in text.split("\n\n"):
        fields = [line.partition(": ") for line in block.split("\n") if line and not line.startswith(":")]
        name = next((value for key, _, value in fields if key == "event"), "message")
        data = [value for key, _, value in fields if key.startswith("data")]
        if data:
            found.append((name, "\n".join(data)))
    return found


class Asked:
    """A request as a stream needs it."""

    method = "GET"

    def __init__(self, site):
        self.app = type("App", (), {"state": type("State", (), {"site": site})})


def streamed(site, looks):
    """All that is sent while the pieces are these, one a look."""
    given = iter(looks)

    async def collect():
        answer = await streaming.stream(Asked(site), lambda: next(given))
        return "".join([part async for part in answer.body_iterator])

    return asyncio.run(collect())


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(streaming, "LOOK_EVERY_S", 0.001)


def test_a_piece_is_sent_when_it_changes_and_then_the_end(site):
    looks = [
        Piece("<p>1</p>", False),
        Piece("<p>1</p>", False),
        Piece("a\r\n\r\nb\n", False),
        Piece("c", True),
    ]
    text = streamed(site, looks)
    assert text.startswith("retry: ")
    assert parsed(text) == [("piece", "<p>1</p>"), ("piece", "a\n\nb"), ("piece", "c"), ("end", "")]
    assert len(site.streams) == 0


def test_words_in_a_piece_cannot_make_an_event_of_their_own():
    for words in ("x\n\nevent: end\ndata: y", "x\r\rid: 3", "\u2028event: end", "data: \x00"):
        assert [name for name, _ in parsed(event("piece", words))] == ["piece"]


def test_a_silent_stream_says_that_it_is_there(site, monkeypatch):
    monkeypatch.setattr(streaming, "SILENT_S", 0.002)
    assert ": still here" in streamed(site, [Piece("a", False)] * 6 + [Piece("a", True)])


def test_what_is_deleted_meanwhile_ends_the_stream(site):
    def looks():
        yield Piece("a", False)
        raise ValueError("there is no job")

    assert parsed(streamed(site, looks())) == [("piece", "a"), ("end", "")]


def test_a_stream_ends_with_its_server(site):
    site.ends = lambda: True
    assert parsed(streamed(site, [Piece("a", False)] * 3)) == [("piece", "a")]


def test_the_oldest_gives_way():
    async def opened():
        streams = Streams()
        made = [streams.begin(4) for _ in range(6)]
        assert [one.is_set() for one in made] == [True, True, False, False, False, False]
        streams.end(made[0])
        assert len(streams) == 5

    asyncio.run(opened())


def test_a_job_that_has_ended_says_so_at_once(site, browser):
    job = site.jobs.add(["list", "policies"], "<b>Policies</b>", {})
    (job.path / "exit").write_text("0")
    for path in (f"/jobs/{job.name}/stream", "/jobs/stream"):
        answer = browser.get(path)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert [name for name, _ in parsed(answer.text)] == ["piece", "end"]
        assert "<b>" not in answer.text
    assert browser.get("/jobs/20260101-000000-abcdef/stream").status_code == 400
    assert browser.get("/sweep/stream", params={"out": "../x"}).status_code == 400
    assert browser.head(f"/jobs/{job.name}/stream").text == ""


def test_home_reads_only_the_newest_jobs(site, monkeypatch):
    for number in range(40):
        folder = site.jobs.root / f"20260101-0000{number:02d}-abcdef"
        folder.mkdir(parents=True)
        told = {"words": ["list"], "title": f"{number}", "about": {}, "made": float(number)}
        (folder / "job.json").write_text(json.dumps(told))
    read, names = site.jobs._read, []
    monkeypatch.setattr(site.jobs, "_read", lambda name: names.append(name) or read(name))
    assert [job.title for job in site.jobs.newest(3)] == ["39", "38", "37"] and len(names) == 3
