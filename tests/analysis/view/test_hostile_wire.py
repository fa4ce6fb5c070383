"""Hostile requests over a real connection: names of this machine that are none, ranges, lengths that lie, heads of proxies, floods of streams."""

import socket
import threading
import time

import pytest

from tests.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def door(open_door):
    """A server on a port of its own; `send(raw)` sends bytes and gives the answer's status and text."""
    with open_door() as send:
        yield send


ASK = "Host: 127.0.0.1:PORT\r\nCookie: COOKIE\r\nConnection: close\r\n"
HOSTS = (
    "localhost.evil.example:PORT",
    "127.0.0.1.nip.evil.example:PORT",
    "localhost.:PORT",
    "127.0.0.1.:PORT",
    "0.0.0.0:PORT",
    "0:PORT",
    "127.1:PORT",
    "2130706433:PORT",
    "0x7f000001:PORT",
    "[::]:PORT",
    "[::ffff:127.0.0.1]:PORT",
    "[::1%25lo]:PORT",
    "[0:0:0:0:0:0:0:1]:PORT",
    "::1:PORT",
    "127.0.0.1:PORT@evil.example",
    "evil.example#127.0.0.1:PORT",
    "127.0.0.1:PORT, evil.example",
    "127.0.0.1:0PORT",
    "127.0.0.1",
    "\u217c\u2134calhost:PORT".encode().decode("latin-1"),
)


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_another_may_own_is_not_answered(door, host):
    status, text = door(f"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: COOKIE\r\nConnection: close\r\n\r\n")
    assert status in (400, 421) and "windtunnel</span>" not in text


@pytest.mark.parametrize(
    "head",
    [
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443",
        "Forwarded: host=evil.example;proto=https",
        "X-Original-URL: /files/secret.key",
        "X-Rewrite-URL: /files/secret.key",
        "X-HTTP-Method-Override: DELETE",
        "X-Forwarded-Prefix: //evil.example",
        "HX-Request: true\r\nHX-Current-URL: http://evil.example/",
        "Accept-Encoding: gzip, br, zstd, \x00",
    ],
)
def test_heads_of_proxies_change_no_address_and_no_page(door, head):
    for page in ("/", "/back-end", "/files/report.html?save=1", "/choose?export=1"):
        status, text = door(f"GET {page} HTTP/1.1\r\n{ASK}{head}\r\n\r\n")
        assert status in (200, 400) and "evil.example" not in text and "secret-of" not in text


@pytest.mark.parametrize(
    "range_",
    [
        "bytes=0-",
        "bytes=-1",
        "bytes=5-2",
        "bytes=99999999999999999999-",
        "bytes=" + ",".join(f"{at}-{at}" for at in range(3000)),
        "bytes=" + "0-,5-," * 400 + "0-",
        "bytes=0-" + "9" * 20_000,
        "lines=1-2",
        "bytes=\xb2-",
        "bytes=,,,,",
    ],
    ids=lambda words: words[:24],
)
def test_pieces_of_a_file_are_answered_in_a_moment(door, range_):
    began = time.process_time()
    status, text = door(f"GET /files/report.html HTTP/1.1\r\n{ASK}Range: {range_}\r\n\r\n")
    assert status in (200, 206, 400, 416, 431) and len(text) < 2_000_000
    assert "Traceback" not in text and time.process_time() - began < 5
    assert door(f"GET /files/secret.key HTTP/1.1\r\n{ASK}Range: {range_}\r\n\r\n")[1].count("secret-of") == 0


def upload(door, heads, body):
    where = f"/bring-in?form_token={door.site.form_token}"
    return door(
        f"POST {where} HTTP/1.1\r\n{ASK}Origin: http://127.0.0.1:PORT\r\nContent-Type: multipart/form-data; boundary=x\r\n{heads}\r\n{body}",
        3,  # seconds: of some the server waits for the rest
    )


PART = (
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid,text\r\n1,a\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("heads", "body"),
    [
        ("Content-Length: 10\r\n", PART),
        (f"Content-Length: {len(PART) + 5000}\r\n", PART),
        ("Content-Length: 99999999999999999999\r\n", PART),
        ("Content-Length: -5\r\n", PART),
        ("Transfer-Encoding: chunked\r\n", f"5\r\n{PART}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", f"ffffffffffffffff\r\n{PART}"),
        ("Transfer-Encoding: chunked\r\n", f"-1\r\n{PART}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", f"{len(PART) - 20:x}\r\n{PART[:-20]}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nTrailer: Host\r\n", "3\r\n--x\r\n0\r\nHost: evil.example\r\n\r\n"),
    ],
)
def test_a_length_that_lies_leaves_no_half_a_file(door, heads, body):
    upload(door, heads, body)
    uploads = door.site.folder / "uploads"
    kept = sorted(uploads.iterdir()) if uploads.exists() else []
    assert all(path.suffix == ".csv" and path.read_bytes() == b"id,text\r\n1,a" for path in kept)
    assert door("GET /back-end HTTP/1.1\r\n" + ASK + "\r\n")[0] == 200


def test_more_in_chunks_than_may_be_sent_is_refused_on_the_way(door):
    door.site.most_uploaded = 50_000
    try:
        chunk = "2000\r\n" + "a" * 8192 + "\r\n"
        head = '--x\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
        status, _ = upload(
            door, "Transfer-Encoding: chunked\r\n", f"{len(head):x}\r\n{head}\r\n" + chunk * 40 + "0\r\n\r\n"
        )
        assert status in (0, 413)
        assert not list(door.site.folder.rglob("big*"))
    finally:
        door.site.most_uploaded = 2_000_000_000


def test_two_hundred_streams_and_polls_at_once_keep_nobody_out(door):
    lines, codes = [], []
    raw = (f"GET /jobs/stream HTTP/1.1\r\n{ASK}\r\n").replace("PORT", str(door.site.port))
    raw = raw.replace("COOKIE", f"{door.site.cookie}={door.site.session}").replace(
        "Connection: close\r\n", ""
    )
    try:
        for _ in range(200):
            line = socket.create_connection(("127.0.0.1", door.site.port), timeout=PATIENCE_S)
            line.sendall(raw.encode())
            lines.append(line)
        polls = [
            threading.Thread(target=lambda: codes.append(door(f"GET /jobs HTTP/1.1\r\n{ASK}\r\n")[0]))
            for _ in range(40)
        ]
        for one in polls:
            one.start()
        for one in polls:
            one.join()
        assert codes == [200] * 40
        assert door("GET /back-end HTTP/1.1\r\n" + ASK + "\r\n")[0] == 200
    finally:
        for line in lines:
            line.close()


NUMBERS = ("²", "٣", "-1", "1e9", "9" * 18, "9" * 5000, "")


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12] or "empty")
def test_a_number_that_is_none_is_a_sentence(mine, browser, number):
    """`"²".isdigit()` holds, and `int("²")` is a fault."""
    where = {"out": "mine", "thread": number, "page": number, "draw": number, "seed": number, "at": number}
    more = {"step": number, "member": number, "from": number, "to": number, "rule": f"escalation.threshold={number}"}  # fmt: skip
    for page in ("/", "/thread", "/community", "/incidents", "/watch", "/find?way=date&words=" + number):
        answer = browser.get(page, params=None if "?" in page else where | more, follow_redirects=False)
        assert answer.status_code < 500 and "invalid literal" not in answer.text, (page, answer.text[-500:])
        assert "integer string conversion" not in answer.text
    for thread, at, futures in ((number, "comment:1", "20"), ("1", number, "20"), ("1", "comment:1", number)):
        fields = {"out": "mine", "thread": thread, "act": "lock", "at": at, "futures": futures}
        answer = browser.send_form("/ask", fields)
        assert answer.status_code < 500 and "invalid literal" not in answer.text
    for name in ("size", "steps", "draws", "seeds", "trials"):
        fields = {"place": "forum", "policy": "slow_mode", "action": "foretell", name: number}
        answer = browser.send_form("/choose", fields)
        told = browser.get(answer.headers["location"]) if answer.status_code == 303 else answer
        assert (
            told.status_code < 500
            and "invalid literal" not in told.text
            and "integer string" not in told.text
        )


NAMES = ("．．/secret.key", "‥/secret.key", "..／secret.key", "mine∕..∕..", "%EF%BC%8E%EF%BC%8E/secret.key", "mine/\u2024\u2024/x", "..\u2215secret.key", "\ufeff../x", "mine\u200b")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_signs_that_look_like_dots_and_slashes_lead_nowhere(mine, browser, name):
    (mine.folder.parent / "secret.key").write_text("secret-of-the-neighbour")
    (mine.folder / "secret.key").write_text("secret-of-the-folder")
    for page in (f"/files/{name}", "/bring-in/look", "/thread", "/run", "/sweep"):
        answer = browser.get(
            page, params={} if "/files" in page else {"out": name, "path": name, "thread": "1"}
        )
        assert answer.status_code in (400, 404) and "secret-of" not in answer.text, page
    (mine.folder / "secret.key").unlink()


def test_one_name_in_two_normal_forms_is_two_names(site, browser):
    for name in ("caf\u00e9", "cafe\u0301"):
        (site.folder / f"{name}.html").write_text(f"<p>{len(name)}</p>")
    assert browser.get("/files/caf\u00e9.html").text == "<p>4</p>"
    assert browser.get("/files/cafe\u0301.html").text == "<p>5</p>"


WORDS = ("=cmd|' /C calc'!A0", "@SUM(1+1)*cmd", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "{% include 'base.html' %}", "a\r\nSet-Cookie: b=c", "| a | b |\n|---|", "a" * 100_000)  # fmt: skip


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words[:20])
def test_words_in_forms_of_policies_goals_and_drafts_are_words(mine, browser, words):
    chosen = {
        "place": "forum",
        "policy": "slow_mode",
        "param.slow_mode.hours": words,
        "goal": words,
        "limits": words,
    }
    for action in ("show", "foretell", "begin", "search"):
        answer = browser.send_form("/choose", chosen | {"action": action})
        told = browser.get(answer.headers["location"]) if answer.status_code == 303 else answer
        assert told.status_code in (200, 400, 404, 413, 414, 431) and "onerror=alert(1)>" not in told.text
        assert ">49<" not in told.text and "set-cookie" not in answer.headers
    for page in ("sweep?out=mine", "community?out=mine", "find?out=mine&way=title", "rule?out=mine"):
        told = browser.get(
            f"/{page}", params={"goal": words[:2000], "words": words[:2000], "title": words[:2000]}
        )
        assert told.status_code in (200, 400) and "onerror=alert(1)>" not in told.text
    assert mine.jobs.all() == []
