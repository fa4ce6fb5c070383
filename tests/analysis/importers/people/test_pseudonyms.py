"""Names, addresses and numbers leave the texts; ordinary words stay; pseudonyms follow the key."""

import hmac
import string
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windtunnel.analysis.importers.people.pseudonyms import is_bot, pseudonyms, read_key
from windtunnel.analysis.importers.people.scrubbing import scrub

IDS = {
    "ann": "u00001",
    "bob42": "u00002",
    "c.d": "u00003",
    "the": "u00004",
    "u00001": "u00005",
    "x": "u00006",
}


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Ann said so, bob42 too", "u00001 said so, u00002 too"),
        ("annual Annie bob421", "annual Annie bob421"),
        ("ANN's bike; (Ann)", "u00001's bike; (u00001)"),
        ("the end", "the end"),
        ("the: hello", "u00004: hello"),
        ("x, come here; x marks it", "u00006, come here; x marks it"),
        ("@the @X @stranger.", "@u00004 @u00006 @<name>."),
        ("/u/Ann and u/c.d, c.d", "/u/u00001 and u/u00003, u00003"),
        ("u00001 is a name here, Ann", "u00005 is a name here, u00001"),
        ("http://a.b/ann?q=1 www.ann.org, https://x.y.", "<url> <url> <url>"),
        ("a.b+c@d.co.uk!", "<email>!"),
        ("at 10.0.0.255 or 2001:db8:0:1::5", "at <ip> or <ip>"),
        ("version 1.2.3 at 12:30:45 in 2017-11-05", "version 1.2.3 at 12:30:45 in 2017-11-05"),
        ("+44 20 7946 0958, (555) 123-4567, +447911123456", "<phone>, <phone>, <phone>"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", "<wallet>"),
        ("10 000 km, 700x28 tyres, 1200 m", "10 000 km, 700x28 tyres, 1200 m"),
    ],
)
def test_names_and_addresses_go_and_words_stay(text, scrubbed):
    assert scrub(text, IDS) == scrubbed


names = st.text(string.ascii_letters + string.digits + "_", min_size=3, max_size=12).filter(
    lambda name: any(each.isdigit() for each in name)
)


@given(names, st.sampled_from(["{}", "see {}!", "@{}: hi", "({}) and u/{}", "{}, what?", "*{}*", "x.{} y"]))
def test_a_known_name_never_survives(name, frame):
    marks = pseudonyms([name], b"secret")
    if name.casefold() in marks.values():
        return
    assert name.casefold() not in scrub(frame.replace("{}", name), marks).casefold().replace("u00001", "")


def test_pseudonyms_are_ranks_of_the_keyed_hash_and_ignore_case_and_blanks():
    found = pseudonyms(["Zoe", " zoe", "Yan", "STRASSE", "straße"], b"k")
    ranked = sorted(
        ["zoe", "yan", "strasse"], key=lambda name: hmac.new(b"k", name.encode(), "sha256").hexdigest()
    )
    assert found == {name: f"u{rank:05d}" for rank, name in enumerate(ranked, 1)}


def test_a_key_is_made_once_even_by_many_at_once_and_a_broken_one_is_refused(tmp_path):
    path = tmp_path / ".windtunnel" / "pseudonym.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_key(path), range(16)))
    assert len(keys) == 1 and len(keys.pop()) == 32
    assert {each.name for each in path.parent.iterdir()} == {"pseudonym.key", ".gitignore"}
    assert (path.parent / ".gitignore").read_text() == "*\n", "git leaves the key alone"
    path.write_text("short")
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        read_key(path)


def test_machines_are_told_from_people():
    assert [
        name
        for name in (
            "AutoModerator",
            "sneaky_bot",
            "RemindMeBot",
            "x[bot]",
            "Abbot",
            "robot",
            "Talbot",
            "Bot",
        )
        if is_bot(name)
    ] == ["AutoModerator", "sneaky_bot", "RemindMeBot", "x[bot]"]
