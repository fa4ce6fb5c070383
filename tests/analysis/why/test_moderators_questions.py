"""What a moderator asks of a real thread: in time or too late, who it happened to, whom nobody answered, any place at all."""

import json
import re

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.answer import happened
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.notes import notes
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.ranking import rank_members, rank_replies

RULES = load_rules()
START = 1_650_000_000
SAID = {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}


def rows_of(*lines, thread="t", begin=0):
    """Posts from lines of (id, parent, author, minute, c or h)."""
    return [
        {"id": f"{thread}{name}", "parent": None if parent is None else f"{thread}{parent}", "author": author,
         "time": START + 60 * (begin + minute), "text": SAID[tone]}
        for name, parent, author, minute, tone in lines
    ]  # fmt: skip


QUARREL = rows_of(
    (0, None, "Ann", 0, "c"),
    (1, 0, "Bob", 6, "c"),
    (2, 0, "Cid", 12, "h"),
    (3, 2, "Dan", 18, "h"),
    (4, 3, "Cid", 24, "h"),
    (5, 4, "Dan", 30, "h"),
    (6, 0, "Eve", 36, "c"),
)
PILE = rows_of(
    (0, None, "Ann", 0, "c"),
    (1, 0, "Tom", 5, "c"),
    *[(at, 1, name, 5 + 3 * at, "h") for at, name in enumerate(("Bob", "Cid", "Dan", "Eve"), 2)],
    (6, 1, "Fay", 40, "c"),
    (7, 0, "Tom", 45, "h"),
)
ORPHANS = rows_of(
    (1, 99, "Tom", 0, "c"),
    *[(at, 1, name, 2 * at, "h") for at, name in enumerate(("Bob", "Cid", "Dan", "Eve"), 2)],
    *[(at, 99, f"Other{at}", 2 * at, "h") for at in range(6, 11)],
)
for row in ORPHANS:
    row["thread"] = "t"
QUIET = rows_of(
    (0, None, "Ann", 0, "c"), (1, 0, "Bob", 3, "c"), (2, 1, "Cid", 7, "h"), thread="q", begin=9000
)


@pytest.fixture(scope="module")
def brought_in(tmp_path_factory, import_rows):
    """A function: these rows imported, once."""
    made = {}

    def bring(name, rows, **options):
        if name not in made:
            made[name] = import_rows(tmp_path_factory.mktemp(name), rows, **options)
        return made[name]

    return bring


@pytest.fixture(scope="module")
def quarrel(brought_in):
    return brought_in("quarrel", [*QUARREL, *QUIET])


@pytest.fixture(scope="module")
def pile(brought_in):
    return brought_in("pile", PILE)


@pytest.fixture(scope="module")
def orphans(brought_in):
    mapping = {role: role for role in ("id", "parent", "author", "time", "text", "thread")}
    return brought_in("orphans", ORPHANS, mapping=mapping)


def told(capsys, *words):
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def author(folder, post):
    return pl.read_parquet(folder / "posts.parquet").filter(pl.col("post") == post)["author"][0]


def test_futures_below_the_threshold_keep_their_severity(quarrel):
    """Locked after the second hostile reply the thread has two: not an escalation, and not nothing."""
    case = recorded_case(quarrel, "escalation", RULES)
    mind = case.mind()
    record, _ = answer(case, ask(case, lock=True, at="comment:3"), mind, replicates=3, sensitivity=0)
    assert record["mean_severity"] == {"without": 4.0, "with": 2.0} and record["table"]["n10"] == 3
    mind.close()


@pytest.mark.parametrize(
    ("at", "late"), [("comment:1", ""), ("comment:2", ""), ("comment:3", ""), ("comment:4", "too late"), ("comment:5", "too late")]
)  # fmt: skip
def test_an_act_after_the_threshold_was_reached_says_so_and_names_one_in_time(quarrel, at, late):
    case = recorded_case(quarrel, "escalation", RULES)
    said = " ".join(notes(case, ask(case, lock=True, at=at)))
    assert ("too late" in said) == bool(late)
    if late:
        assert (
            "the threshold of 3 was reached with post 5 on day 1, 00:24 (2022-04-15 05:44 UTC)" in said
            and "--at comment:3." in said
        )


def test_the_note_stands_right_after_the_question(quarrel, capsys):
    lines = told(
        capsys,
        "why",
        quarrel,
        "escalation",
        "--lock",
        "--at",
        "comment:5",
        "--replicates",
        2,
        "--sensitivity",
        0,
    ).splitlines()
    assert lines[1].startswith("It came too late")
    removal = told(
        capsys, "why", quarrel, "escalation", "--remove", 6, "--replicates", 2, "--sensitivity", 0, "--json"
    )
    assert "too late" in json.loads(removal)["notes"][0] and "--at" not in json.loads(removal)["notes"][0]


def test_a_moderator_cannot_know_before_the_first_post_that_counts(quarrel):
    case = recorded_case(quarrel, "escalation", RULES)
    for at, early in (("onset", True), ("comment:1", True), ("comment:2", False), (None, False)):
        said = " ".join(notes(case, ask(case, lock=True, at=at)))
        assert ("could have known" in said) == early


def test_whoever_had_not_written_yet_can_hardly_be_warned(quarrel):
    case = recorded_case(quarrel, "escalation", RULES)
    eve, cid = author(quarrel, 7), author(quarrel, 3)
    for words in ({"warn": eve}, {"suspend": f"{eve}:24h"}):
        assert "had not written in this thread by then" in notes(case, ask(case, **words, at="comment:2"))[0]
    assert not notes(case, ask(case, warn=cid, at="comment:2"))


@pytest.mark.parametrize("name", ["quarrel", "pile"])
def test_what_comes_next_in_the_list_is_in_time_and_not_foreseen(name, request, capsys):
    folder = request.getfixturevalue(name)
    said = told(capsys, "incidents", folder)
    _, what, *words = re.search(r"Next: windtunnel why (.*)", said)[1].split()
    case = recorded_case(folder, what, RULES)
    assert words[:2] == ["--lock", "--at"] and not notes(case, ask(case, lock=True, at=words[2]))


def test_whom_a_pile_on_happened_to_is_no_candidate(pile, capsys):
    case = recorded_case(pile, "pile_on", RULES)
    target = author(pile, 2)
    assert case.incident.member == target
    mind = case.mind()
    case.infer(range(4), mind)
    for rank in (rank_members, rank_replies):
        found = rank(case, mind, budget=20, futures=4)
        assert found["left_aside"] == target and found["ranked"]
        assert all(target not in row["what"] for row in found["ranked"])
    mind.close()
    said = told(
        capsys,
        "why",
        pile,
        "pile_on",
        "--lock",
        "--rank",
        9,
        "--members",
        "--replicates",
        2,
        "--sensitivity",
        0,
    )
    assert f"member {target}, whom it happened to, is none of them" in said


def test_replies_to_what_is_not_in_the_record_answer_nobody_in_list_and_answer_alike(orphans, capsys):
    (found,) = [
        one for one in json.loads(told(capsys, "incidents", orphans, "--json")) if one["kind"] == "pile_on"
    ]
    record = json.loads(
        told(capsys, "why", orphans, "pile_on", "--lock", "--replicates", 2, "--sensitivity", 0, "--json")
    )
    assert found["severity"] == record["severity"]["recorded"] == record["mean_severity"]["without"] == 4.0


def test_a_reply_to_a_post_of_another_thread_or_time_is_counted_the_same_in_list_and_answer(
    brought_in, capsys
):
    """Parents in another thread, and later than what answers them."""
    rows = rows_of(
        (0, None, "Ann", 0, "c"),
        (1, 0, "Tom", 5, "c"),
        *[(at, 30, name, 3 * at, "h") for at, name in enumerate(("Bob", "Cid", "Dan", "Eve"), 2)],
        (30, 1, "Tom", 60, "c"),
    )
    folder = brought_in("later", rows)
    found = [
        one for one in json.loads(told(capsys, "incidents", folder, "--json")) if one["kind"] == "pile_on"
    ]
    for one in found:
        record = json.loads(
            told(capsys, "why", folder, one["id"], "--lock", "--replicates", 1, "--sensitivity", 0, "--json")
        )
        assert record["severity"]["recorded"] == one["severity"]
    case = recorded_case(folder, "escalation", RULES)
    mind = case.mind()
    case.infer([0], mind)
    futures = simulate_futures(case, [ask(case, lock=True).branch(WITHOUT)], mind)
    same = case.read(futures).select("post", "answered").sort("post")
    assert same.equals(case.acts.select("post", "answered").sort("post"))
    mind.close()


def test_a_record_s_answer_says_whose_luck_it_has_and_of_how_many_futures(quarrel, capsys):
    words = ["why", quarrel, "escalation", "--with", "rule_reminder", "--replicates", 24, "--sensitivity", 0]
    said = told(capsys, *words)
    assert (
        "One luck that fits the record, one replay" in said
        and "Same luck" not in said
        and "same luck" not in said
    )
    assert re.search(r"\(\d+ %, \d+ to \d+ over these 24 futures alone\)", said)
    record = json.loads(told(capsys, *words, "--json"))
    assert record["estimand"] == "given_record"
    assert record["bounds"] == record["new_luck"]["bounds"]


def test_the_spread_over_readings_of_the_tones_stands_beside_the_number(quarrel, capsys):
    said = told(capsys, "why", quarrel, "escalation", "--lock", "--at", "comment:3", "--replicates", 8)
    headline = next(line for line in said.splitlines() if line.startswith("In "))
    assert re.search(
        r"over 8 other readings of the tones.* the share goes from \d\.\d\d to \d\.\d\d", headline
    )


def test_a_thread_where_nothing_crossed_the_rule_is_asked_whether_an_act_would_have_caused_it(
    quarrel, capsys
):
    words = ["why", quarrel, "thread:2", "--with", "rule_reminder", "--replicates", 6, "--sensitivity", 0]
    record = json.loads(told(capsys, *words, "--json"))
    assert (record["quantity"], record["happened"], record["same_luck"]) == ("ps_backfire", False, False)
    table = record["table"]
    assert table["n10"] == table["n11"] == 0  # luck that fits the record: it never comes unchanged
    said = told(capsys, *words)
    assert said.startswith("thread:2: would rule reminder have caused an escalation?")
    assert "Nothing crossed the rule here" in said and "severity 1 of 3" in said
    page = quarrel.parent / "quiet.html"
    told(capsys, *words, "--html", page)
    assert "would rule reminder have caused an escalation?" in page.read_text(encoding="utf-8")


def test_a_place_in_which_nothing_comes_of_any_future_is_called_too_quiet(quarrel, capsys):
    words = ["why", quarrel, "thread:2", "--with", "rule_reminder", "--replicates", 6, "--sensitivity", 0]
    far = told(capsys, *words, "--rule", "escalation.threshold=1000")
    assert "The place is too quiet for an answer: an escalation comes in none of 6 futures" in far
    assert "severity" in far and "escalation.threshold=500" in far
    near = json.loads(told(capsys, *words, "--rule", "escalation.threshold=0.5", "--json"))
    assert any(near["table"][key] for key in ("n01", "n10", "n11"))
    assert not any("too quiet" in note for note in near["notes"])


def test_a_lock_that_was_there_is_asked_whether_it_was_needed(brought_in, capsys, tmp_path):
    pl.DataFrame([{"act": "lock", "time": START + 60 * 9008, "thread": "q0"}]).write_csv(tmp_path / "log.csv")
    folder = brought_in("locked", [*QUARREL, *QUIET], mod_log=tmp_path / "log.csv")
    words = ["why", folder, "thread:2", "--without", "lock", "--replicates", 6, "--sensitivity", 0]
    record = json.loads(told(capsys, *words, "--json"))
    assert (record["quantity"], record["happened"]) == ("pn_prev", False)
    assert "was the lock of the thread needed, or would an escalation not have come without it?" in told(
        capsys, *words
    )


def test_a_post_is_asked_about_from_right_after_it_and_a_thread_with_an_incident_is_that_incident(
    quarrel, capsys
):
    record = json.loads(
        told(capsys, "why", quarrel, "post:3", "--lock", "--replicates", 2, "--sensitivity", 0, "--json")
    )
    moment = "day 1, 00:12 (2022-04-15 05:32 UTC), right after post 3"
    assert record["at"] == 13 and record["moment"] == moment and record["happened"]
    case = recorded_case(quarrel, "thread:1", RULES)
    assert case.incident.id == recorded_case(quarrel, "escalation", RULES).incident.id
    piled = recorded_case(quarrel, "post:3", RULES, kind="pile_on")
    assert piled.incident.member == author(quarrel, 3) and piled.incident.severity == 1.0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["thread:77", "--lock"], "there is no thread 77: their numbers stand in posts.parquet, column thread"),
        (["thread:5", "--lock"], "5 is a post of thread 1: ask about post:5"),
        (["post:99", "--lock"], "there is no post 99"),
        (["thread:2", "--lock", "--kind", "newcomer_driven_away"], "of a thread choose escalation or pile_on"),
        (["escalation", "--lock", "--kind", "pile_on"], "go with thread:ID or post:ID"),
        (["thread:2", "--lock", "--rank", "2"], "nothing crossed the rule in thread:2"),
        (["thread:2", "--lock", "--moments", "2"], "nothing crossed the rule in thread:2"),
        (["thread:2", "--lock", "--draw", "0"], "--draw is for a run"),
        (["escalation", "--remove", "9"], "no post 9 in thread 1 of this record: it is in thread 2; the posts of each thread are in posts.parquet"),
        (["escalation", "--remove", "400"], "the posts of each thread are in posts.parquet"),
    ],
)  # fmt: skip
def test_a_mistake_about_a_place_is_one_sentence(quarrel, capsys, words, sentence):
    capsys.readouterr()
    assert main(["why", str(quarrel), *words]) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1 and not said.out


def test_removed_posts_count_unless_the_rule_says_otherwise_and_the_list_says_which(
    brought_in, capsys, tmp_path
):
    pl.DataFrame(
        [{"act": "remove", "time": START + 60 * 20, "post": "t3"}, {"act": "remove", "time": START + 60 * 20, "post": "t2"},
         {"act": "approve", "time": START + 60 * 21, "post": "t2"}]
    ).write_csv(tmp_path / "log.csv")  # fmt: skip
    folder = brought_in("removed", QUARREL, mod_log=tmp_path / "log.csv")
    said = told(capsys, "incidents", folder, "--kind", "escalation")
    assert "Posts that were removed later (1 of those that show them) count like others" in said
    less = ["--rule", "escalation.removed=0"]
    (one,) = json.loads(told(capsys, "incidents", folder, "--kind", "escalation", "--json", *less))
    assert one["severity"] == 3.0
    words = [
        "why",
        folder,
        "escalation",
        "--lock",
        "--at",
        "comment:5",
        "--replicates",
        2,
        "--sensitivity",
        0,
        "--json",
    ]
    assert json.loads(told(capsys, *words, *less))["severity"]["recorded"] == 3.0
    assert json.loads(told(capsys, *words))["severity"]["recorded"] == 4.0


def test_minutes_are_the_same_in_the_answer_and_in_its_table(brought_in, capsys, tmp_path):
    """An act right after a post has the post's minute, a recorded act its own, wherever they are printed: with the date (UTC) in a sentence, as the
    date in a table."""
    pl.DataFrame([{"act": "lock", "time": START + 60 * 37, "thread": "t0"}]).write_csv(tmp_path / "log.csv")
    folder = brought_in("minutes", QUARREL, mod_log=tmp_path / "log.csv")
    for words, when, date in (
        (["--without", "lock"], "00:37", "2022-04-15 05:57"),
        (["--remove", "4"], "00:18", "2022-04-15 05:38"),
        (["--lock", "--at", "comment:2"], "00:12", "2022-04-15 05:32"),
    ):
        page = tmp_path / "page.html"
        said = told(
            capsys, "why", folder, "escalation", *words, "--replicates", 1, "--sensitivity", 0, "--html", page
        )
        assert f"(from day 1, {when} ({date} UTC)" in said
        acts = re.findall(
            r'data-label="when"[^>]*>([^<]*)<|<th scope="row"[^>]*>([^<]*)<', page.read_text(encoding="utf-8")
        )
        assert date in {cell for pair in acts for cell in pair}
    case = recorded_case(folder, "escalation", RULES)
    mind = case.mind()
    record, _ = answer(case, ask(case, without="lock"), mind, replicates=1, sensitivity=0)
    assert [row["shown"] for row in record["moderators"]] == [37]
    mind.close()


def test_slow_mode_is_tagged_since_what_it_holds_back_never_comes(quarrel):
    case = recorded_case(quarrel, "escalation", RULES)
    held = ask(case, with_="slow_mode").forced
    assert held.startswith("By construction: what slow mode keeps from being written")
    assert ask(case, with_="slow_mode", parameters={"hours": 0}).forced == ""
    assert ask(case, with_="rule_reminder").forced == "" and ask(case, with_="thread_lock").forced
    who = case.incident.members[0]
    assert ask(case, suspend=who).forced and not ask(case, warn=who).forced


def test_a_pile_on_s_picture_counts_members_as_its_rule_does(pile):
    from windtunnel.analysis.why.forum.pictures import counted_path

    case = recorded_case(pile, "pile_on", RULES)
    mind = case.mind()
    record, thread = answer(case, ask(case, lock=True), mind, replicates=1, sensitivity=0)
    mind.close()
    rule = case.rules["pile_on"]
    path = counted_path(thread, "was", record["incident"], rule, case.hours)
    assert max(value for _, value in path) == record["incident"]["severity"] == 4.0
    assert path[-1][1] == 4.0  # the target's own hostile reply adds nobody
    seen = happened(case, simulate_futures(case, [ask(case, lock=True).branch(WITH)], case.mind()), 1)
    would = counted_path(thread, "would", record["incident"], rule, case.hours)
    assert max(value for _, value in would) == seen.severity[0] == 1.0


def test_an_incident_beyond_what_is_replayed_is_neither_proposed_nor_answered_falsely(
    brought_in, capsys, monkeypatch
):
    """One that spans more posts than are ever lived again; see also `test_long_threads.py`."""
    monkeypatch.setattr("windtunnel.analysis.incidents.forum.in_time.MOST_REPLAYED", 2)
    monkeypatch.setattr("windtunnel.analysis.incidents.forum.in_time.LONGEST", 2)
    late = rows_of(
        (0, None, "Ann", 0, "c"), *[(at, 0, "BCDE"[at % 4], 5 * at, "ch"[at > 4]) for at in range(1, 9)]
    )
    folder = brought_in("late", late)
    assert "at most 2 posts" in next(
        line for line in told(capsys, "incidents", folder).splitlines() if line.startswith("Next")
    )
    for word in ("escalation", "post:5"):
        assert main(["why", str(folder), word, "--lock"]) == 2
        assert "no more than 2 posts are lived again" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["thread:", "post:abc", "post:-1", "thread:1.5"])
def test_a_place_without_a_number_is_told_how_it_is_written(quarrel, capsys, word):
    capsys.readouterr()
    assert main(["why", str(quarrel), word, "--lock"]) == 2
    assert "write thread:12 or post:34" in capsys.readouterr().err


def test_what_comes_in_one_minute_leaves_no_moderator_any_time(brought_in, capsys):
    rows = rows_of((0, None, "Ann", 0, "c"), *[(at, 0, f"M{at}", 5, "h") for at in range(1, 6)])
    folder = brought_in("at once", rows)
    assert re.search(r"Next: .* --with slow_mode", told(capsys, "incidents", folder))
    case = recorded_case(folder, "escalation", RULES)
    (said,) = notes(case, ask(case, lock=True))
    assert "No comment came before that" in said
    assert notes(case, ask(case, with_="slow_mode")) == []


def test_what_a_record_does_not_tell_is_not_proposed_nor_asked(brought_in, capsys):
    """Without authors nothing can be replayed; without parents nobody is known to be answered."""
    nameless = [{name: cell for name, cell in row.items() if name != "author"} for row in QUARREL]
    mapping = {role: role for role in ("id", "parent", "time", "text")}
    folder = brought_in("nameless", nameless, mapping=mapping)
    assert "Next: windtunnel why cannot be asked, since the record has no authors" in told(
        capsys, "incidents", folder
    )
    flat = [
        {name: cell for name, cell in row.items() if name != "parent"} | {"thread": "t"} for row in QUARREL
    ]
    mapping = {role: role for role in ("id", "thread", "author", "time", "text")}
    folder = brought_in("flat", flat, mapping=mapping)
    assert main(["why", str(folder), "thread:1", "--kind", "pile_on", "--lock"]) == 2
    assert "pile_on cannot do without" in capsys.readouterr().err
