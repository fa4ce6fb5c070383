"""More hostile inputs: odd heads, paths, cookies and parts of forms, pipes and links in the folder, connections that never finish."""

import gzip
import os
import socket
import time

import pytest

from tests.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def door(open_door):
    """A server on a port of its own; `send(raw)` sends bytes and gives the answer's status and text."""
    with open_door() as send:
        yield send


ASK = "Host: 127.0.0.1:PORT\r\nCookie: COOKIE\r\nConnection: close\r\n"
POST = "POST /back-end HTTP/1.1\r\n" + ASK + "Origin: http://127.0.0.1:PORT\r\n"
FORM = POST + "Content-Type: application/x-www-form-urlencoded\r\n"
REQUESTS = {
    "a blank before the colon": FORM + "Content-Length : 10\r\n\r\nkind=rules",
    "a folded head": "GET /files/secret.key HTTP/1.1\r\n" + ASK + "X: a\r\n  b\r\n\r\n",
    "a coding with a tab": FORM + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "two codings": FORM + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "the coding twice": FORM + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a chunk with a long extension": FORM + "Transfer-Encoding: chunked\r\n\r\n4;" + "x" * 200_000 + "\r\nabcd\r\n0\r\n\r\n",
    "a length with a sign": FORM + "Content-Length: +10\r\n\r\nkind=rules",
    "a promise to wait": FORM + "Content-Length: 10\r\nExpect: 100-continue\r\n\r\nkind=rules",
    "bare line ends": "GET /files/secret.key HTTP/1.1\n" + ASK.replace("\r", "") + "\n",
    "dots encoded twice": "GET /files/%252e%252e/secret.key HTTP/1.1\r\n" + ASK + "\r\n",
    "dots too long in UTF-8": "GET /files/%c0%ae%c0%ae/%c0%ae/secret.key HTTP/1.1\r\n" + ASK + "\r\n",
    "encoded slashes": "GET /files%2fsecret.key HTTP/1.1\r\n" + ASK + "\r\n",
    "backslashes": "GET /files/..%5c..%5csecret.key HTTP/1.1\r\n" + ASK + "\r\n",
    "half a character": "GET /files/%ed%a0%80%ff HTTP/1.1\r\n" + ASK + "\r\n",
    "a name longer than names are": "GET /files/" + "a" * 900 + ".html HTTP/1.1\r\n" + ASK + "\r\n",
    "a question of half a megabyte": "GET /?words=" + "a" * 500_000 + " HTTP/1.1\r\n" + ASK + "\r\n",
    "the same word twice": "GET /community?out=report.html&out=../.. HTTP/1.1\r\n" + ASK + "\r\n",
    "a method in the form": FORM + "Content-Length: 25\r\n\r\n_method=DELETE&kind=rules",
    "another protocol's greeting": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "all of the server": "OPTIONS * HTTP/1.1\r\n" + ASK + "\r\n",
    "a tunnel": "CONNECT evil.example:80 HTTP/1.1\r\n" + ASK + "\r\n",
    "an echo": "TRACE / HTTP/1.1\r\n" + ASK + "\r\n",
    "no boundary": POST + "Content-Type: multipart/form-data\r\nContent-Length: 4\r\n\r\nabcd",
    "a boundary that never comes": POST + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 40\r\n\r\n" + "-" * 40,
    "parts without names": POST + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 36\r\n\r\n--x\r\nContent-Type: a\r\n\r\nb\r\n--x--\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("what", REQUESTS)
def test_no_odd_request_gets_through(door, what):
    status, text = door(REQUESTS[what], 3)  # seconds: of some the server waits for the rest
    assert status in (0, 100, 400, 403, 404, 405, 411, 413, 414, 417, 421, 431), text[:300]
    assert "secret-of" not in text and not (door.site.folder / "backend.json").exists()
    assert door("GET /back-end HTTP/1.1\r\n" + ASK + "\r\n")[0] == 200


@pytest.mark.parametrize(
    "cookie", ["=;;=", "\xff\xfe", '"\\000', "NAME=\x00", "NAME=" + "a" * 60_000, "NAME=x; NAME", "$Version=1; NAME=\"" ]
)  # fmt: skip
def test_no_odd_cookie_opens_the_door_or_breaks_it(door, cookie):
    ask = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nCookie: {cookie.replace('NAME', door.site.cookie)}\r\nConnection: close\r\n\r\n"
    assert door(ask)[0] in (400, 403, 431)


def test_connections_that_never_finish_keep_nobody_out(door):
    lines = []
    try:
        for _ in range(60):
            line = socket.create_connection(("127.0.0.1", door.site.port), timeout=PATIENCE_S)
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
            lines.append(line)
        assert door("GET /back-end HTTP/1.1\r\n" + ASK + "\r\n")[0] == 200
    finally:
        for line in lines:
            line.close()


def sent(browser, site, body, boundary="x"):
    headers = {"origin": "http://127.0.0.1:8710", "content-type": f"multipart/form-data; boundary={boundary}"}
    return browser.post(
        "/bring-in",
        params={"form_token": site.form_token},
        content=body,
        headers=headers,
        follow_redirects=False,
    )


@pytest.mark.parametrize(
    "head",
    [
        "name=\"file\"; filename*=UTF-8''..%2f..%2fevil.csv",
        'name="file"; filename="..\\..\\evil.csv"',
        'name="file"; filename="/etc/evil.csv"',
        'name="file"; filename=".evil.csv"',
        'name="file"; filename="evil.csv\r\nX: y"',
        'name="file"; filename="a"; filename="../evil.csv"',
        'name="file"; filename="' + "a" * 3000 + '.csv"',
    ],
)
def test_a_file_s_name_leads_nowhere(browser, site, head):
    body = f"--x\r\nContent-Disposition: form-data; {head}\r\nContent-Transfer-Encoding: base64\r\n\r\nid,text\n1,a\r\n--x--\r\n"
    answer = sent(browser, site, body.encode())
    assert answer.status_code in (303, 400)
    made = [path for path in site.folder.rglob("*") if path.is_file()]
    assert all(path.parent == site.folder / "uploads" and not path.name.startswith(".") for path in made)
    assert not list(site.folder.parent.glob("evil*"))


def test_ten_thousand_parts_and_a_head_without_end_are_refused(browser, site):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    assert sent(browser, site, part * 10_000 + b"--x--\r\n").status_code in (400, 413)
    endless = b"--x\r\n" + b"A" * 150_000 + b": b\r\n\r\n"
    assert sent(browser, site, endless).status_code in (400, 413)
    assert not (site.folder / "uploads").exists()


def test_a_bomb_that_is_sent_is_looked_at_in_a_moment(browser, site):
    packed = gzip.compress(gzip.compress(b"id,text\n1," + b"a" * 30_000_000))
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="b.csv.gz"\r\n\r\n'
        + packed
        + b"\r\n--x--\r\n"
    )
    answer = sent(browser, site, body)
    assert answer.status_code == 303
    began = time.process_time()
    looked = browser.get(answer.headers["location"])
    assert looked.status_code in (200, 400) and time.process_time() - began < 20
    assert "This should not happen" not in looked.text


PAGES = ("/community?out=NAME", "/label?out=NAME", "/thread?out=NAME&thread=1", "/run?out=NAME", "/watch?out=NAME", "/searched?out=NAME")  # fmt: skip


def test_a_link_to_a_record_outside_and_a_link_to_itself_are_refused(mine, browser, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (mine.folder / "mine" / "posts.parquet").rename(outside / "posts.parquet")
    (mine.folder / "mine" / "posts.parquet").symlink_to(outside / "posts.parquet")
    (mine.folder / "loop").symlink_to("loop")
    for name in ("mine", "loop"):
        for page in PAGES:
            answer = browser.get(page.replace("NAME", name))
            assert answer.status_code in (400, 404), (page, name, answer.text[-600:])
    assert ">mine<" not in browser.get("/").text, "a folder whose record is a link is no community"


def test_a_pipe_holds_nobody_up(mine, browser):
    """Nobody ever writes into them: who read one would wait for ever."""
    os.mkfifo(mine.folder / "wait.csv")
    (mine.folder / "pipe").mkdir()
    os.mkfifo(mine.folder / "pipe" / "posts.parquet")
    for page in (
        *(page.replace("NAME", "pipe") for page in PAGES),
        "/bring-in/look?path=wait.csv",
        "/files/wait.csv",
    ):
        assert browser.get(page).status_code in (400, 404), page
    assert browser.get("/").status_code == 200
