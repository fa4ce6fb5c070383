"""The command: what it prints, what it shows of people's words, and the policy that a rule becomes."""

import json
import re
import shlex

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.rules.following import follow
from windtunnel.analysis.rules.loading import YAML, load, load_text
from windtunnel.analysis.rules.replaying import replay


@pytest.fixture(scope="module")
def talk(tmp_path_factory, import_rows):
    """A hundred posts in twenty threads, every fifth hostile, one with markup in it."""
    place = tmp_path_factory.mktemp("talk")
    rows = [
        {
            "id": f"p{at}",
            "parent": None if at % 5 == 0 else f"p{at - at % 5}",
            "author": f"member{at % 7}",
            "time": 1_600_000_000 + 3600 * at,
            "text": "fuck you, you <b>fucking idiot</b> xylophone" if at % 5 == 4 else f"hello number {at}",
        }
        for at in range(100)
    ]
    return import_rows(place, rows)


@pytest.fixture
def rule(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("idiot\nnumber 7\n/number 1\\d/\n")
    return path


def test_the_list_says_how_many_whose_and_by_which_word(talk, rule, capsys):
    assert main(["replay", str(rule), str(talk)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "words.txt (word list) would have touched 29 of 100 posts (29.00%), in 20 threads, of 7 members"
        in said
    )
    assert "idiot 20" in said and "number 7 1" in said and "expressions 8" in said
    assert "nothing was done" in said and "this program never acts there" in said
    assert "xylophone" not in said and "2020-09-13" in said


def test_words_of_people_are_shown_only_when_asked_for_and_escaped(talk, rule, tmp_path, capsys):
    for words, shown in (([], False), (["--excerpts"], True)):
        page = tmp_path / "page.html"
        assert main(["replay", str(rule), str(talk), "--html", str(page), *words]) == 0
        html = page.read_text()
        assert ("xylophone" in html) is shown and "<b>fucking" not in html
        assert not re.search(r"<script|https?://|onclick", html)
        assert ("xylophone" in capsys.readouterr().out) is shown


def test_json_has_every_touched_post_and_no_text(talk, rule, capsys):
    assert main(["replay", str(rule), str(talk), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["touched"] == 29 == len(said["touches"]) and said["groups"][0]["group"] == "regulars"
    assert "xylophone" not in json.dumps(said) and "text" not in said["touches"][0]
    assert said["follows"]["policy"] == "replayed_rule"


def test_a_call_gives_what_the_command_tells(talk, rule):
    import windtunnel

    found = windtunnel.replay(rule, talk)
    assert found.touched == 29 == found.touches.height
    assert (
        windtunnel.replay("slow_mode", talk, param={"hours": 2}).touched
        == replay(load("slow_mode", {"hours": 2}), talk).touched
    )


def test_the_policy_takes_away_as_large_a_share_of_each_tone_as_the_rule(talk, rule):
    loaded = load(str(rule))
    found = replay(loaded, talk)
    given = follow(loaded, found).parameters
    tones = pl.read_parquet(talk / "posts.parquet")["tone"]
    assert (tones == "hostile").sum() == 20
    assert given["hostile"] == 1.0 and given["heated"] == 0.0
    pooled = {one.group: one for one in found.reach if one.tone == "civil"}
    assert sum(one.posts * (one.share or 0) for one in pooled.values()) == pytest.approx(9)


@pytest.mark.parametrize("command", ["run", "why"])
def test_what_would_have_followed_is_a_command_that_runs(talk, rule, tmp_path, capsys, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(rule), str(talk), "--most", "0"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    words = shlex.split(next(line for line in lines if line.startswith(f"windtunnel {command} ")))[1:]
    if command == "run":
        more = ["draws=1", "seeds=1", "steps=3", "community.size=20", "dowhy=false", "out=o"]
        assert main([*words, *more]) == 0
        events = pl.read_parquet(tmp_path / "o" / "events.parquet")
        gone = events.filter(kind="remove", arm="policy", policy="replayed_rule")
        hostile = events.filter(
            pl.col("kind").is_in(["post", "reply"]), arm="policy", tone="hostile", status="done"
        )
        last = events["step"].max()
        assert set(hostile.filter(pl.col("step") < last)["target"]) <= set(gone["target"])
    else:
        words[words.index("INCIDENT")] = "thread:2"
        assert main([*words, "--replicates", "2", "--sensitivity", "0", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["question"] == "the rule in words.txt"


def test_our_own_policy_follows_as_it_is_and_a_rule_that_reports_does_not(talk):
    loaded = load("slow_mode", {"hours": 5})
    assert follow(loaded, replay(loaded, talk)).run_words("x") == [
        "community.profile=x",
        "policy=slow_mode",
        "policy_with.slow_mode.hours=5.0",
    ]
    loaded = load_text("{body: idiot, action: report}", "r", YAML)
    with pytest.raises(ValueError, match="a report changes nothing"):
        follow(loaded, replay(loaded, talk))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rule_reminder"], "rule_reminder touches no post by itself"),
        (["slow_mod"], "did you mean 'slow_mode'"),
        (["missing.txt"], "there is no file missing.txt"),
        (["slow_mode", "--param", "hour=2"], "slow_mode has no parameter 'hour'"),
        (["remove_hostile", "--most", "-1"], "--most is -1"),
    ],
)
def test_a_mistake_is_one_sentence(talk, capsys, words, said):
    assert main(["replay", words[0], str(talk), *words[1:]]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_a_run_is_told_how_a_rule_is_toggled_there(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text("{}")
    assert main(["replay", "slow_mode", str(tmp_path)]) == 2
    assert "policy=replayed_rule" in capsys.readouterr().err


def test_why_knows_which_posts_of_the_thread_the_rule_touched(tmp_path, import_rows, capsys):
    """Four hostile replies in a thread; a list that touches the first three leaves one, a list for another word leaves all."""
    rows = [
        {
            "id": f"p{at}",
            "parent": None if at == 0 else "p0",
            "author": "ABCDE"[at],
            "time": 1_600_000_000 + 60 * at,
            "text": "hello" if at == 0 else f"fuck you, you idiot {'zebra' if at < 4 else 'lion'}",
        }
        for at in range(5)
    ]
    out = import_rows(tmp_path, rows)
    answers = {}
    for word in ("zebra", "gazelle"):
        (tmp_path / f"{word}.yaml").write_text(
            f"body: {word}\naction: remove\n---\nbody: lion\naction: report"
        )
        words = [
            "why",
            str(out),
            "thread:1",
            "--with",
            "replayed_rule",
            "--param",
            f"rule={tmp_path / word}.yaml",
        ]
        numbers = ["--at", "1", "--rule", "escalation.removed=0", "--replicates", "2", "--sensitivity", "0"]
        assert main([*words, *numbers, "--json"]) == 0
        answers[word] = json.loads(capsys.readouterr().out)
    gone = {
        word: {row["post"] for row in answer["thread"] if row["mark"] == "removed"}
        for word, answer in answers.items()
    }
    # Who sees fewer hostile posts may write otherwise, so that a post need not come to be touched.
    assert 2 in gone["zebra"] <= {2, 3, 4} and gone["gazelle"] == set()
    assert answers["gazelle"]["severity"] == {"recorded": 4, "replay": 4}
    assert answers["zebra"]["severity"]["replay"] <= 1
    assert answers["zebra"]["question"] == "the rule in zebra.yaml"
    assert answers["zebra"]["by_construction"]


def test_a_rule_s_file_stands_for_all_shares_and_for_a_record_alone(talk, rule, capsys, tmp_path):
    words = ["why", str(talk), "thread:2", "--with", "replayed_rule", "--param"]
    assert main([*words, f"rule={rule}", "--param", "hostile=1"]) == 2
    assert "leave out hostile" in capsys.readouterr().err
    assert main([*words, "rule=none.txt"]) == 2
    assert "there is no file none.txt" in capsys.readouterr().err
