"""Records that lack something: authors, times, who answers whom, opening posts; and names that are words."""

import json

import polars as pl
import pytest
import yaml

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.learned.fit import fit_folder

INSULT = "You are a stupid asshole."
AT = "2024-03-01T10:{:02d}:00Z"


def rows_of(hostile=5):
    """A thread with an opening post and so many hostile replies to it, a minute apart."""
    first = {
        "id": "p",
        "parent": None,
        "thread": "t",
        "author": "opener",
        "time": AT.format(0),
        "text": "A question",
    }
    return [first] + [
        {
            "id": f"r{number}",
            "parent": "p",
            "thread": "t",
            "author": f"m{number}",
            "time": AT.format(number),
            "text": INSULT,
        }
        for number in range(1, hostile + 1)
    ]


@pytest.fixture
def bring_in(tmp_path):
    """Imports rows as a table with all of their columns but those that are left out."""

    def bring_in(rows, *left_out, **options):
        frame = pl.DataFrame(rows).drop(left_out)
        frame.write_csv(tmp_path / "posts.csv")
        options = {"mapping": {role: role for role in frame.columns}, "key_file": tmp_path / "key"} | options
        return import_corpus("table", tmp_path / "posts.csv", tmp_path / "out", **options)

    return bring_in


def posts_of(report):
    return pl.read_parquet(report.posts_file)


def incidents(report, capsys, *more):
    code = main(["incidents", str(report.posts_file.parent), "--json", *more])
    shown = capsys.readouterr()
    return code, json.loads(shown.out) if code == 0 else None, shown.err


def test_without_authors_only_escalations_are_looked_for_and_the_rest_says_why(bring_in, capsys):
    report = bring_in(rows_of(), "author")
    assert report.lacks == ("author",) and report.profile_file is None and report.authors == 0
    assert any("names no authors" in note for note in report.notes)
    code, found, said = incidents(report, capsys)
    assert code == 0 and {one["kind"] for one in found} == {"escalation"}
    assert "the record has no authors: pile_on, rule_breaking_streak, mass_departure" in said
    assert incidents(report, capsys, "--kind", "pile_on")[0] == 2


def test_without_times_the_order_of_the_rows_is_taken_and_hours_cannot_be_asked(bring_in, capsys):
    report = bring_in(rows_of(), "time")
    assert report.lacks == ("time",) and posts_of(report)["minute"].to_list() == list(range(6))
    assert (
        any("in the order of its rows" in note for note in report.notes) and "days" not in report.sentences[0]
    )
    code, _, said = incidents(report, capsys)
    assert code == 2 and "has no times, which escalation" in said and "time=COLUMN" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("lack", ["author", "time"])
def test_why_and_run_refuse_what_they_cannot_do_without(bring_in, capsys, lack, tmp_path):
    report = bring_in(rows_of(), lack)
    folder = str(report.posts_file.parent)
    assert main(["why", folder, "escalation", "--lock"]) == 2
    assert f"has no {lack}s, which `why` cannot do without" in capsys.readouterr().err
    assert main(["run", f"community.profile={folder}", "policy=slow_mode", f"out={tmp_path / 'run'}"]) == 2
    assert f"has no {lack}s, which a profile cannot do without" in capsys.readouterr().err


def test_without_a_parent_threads_are_flat_in_the_order_of_time(bring_in, capsys):
    report = bring_in(rows_of()[::-1], "parent")
    posts = posts_of(report)
    assert posts["kind"].to_list() == ["thread", *["reply"] * 5] and posts["parent"].null_count() == 6
    assert report.lacks == ("parent",) and report.profile_file.is_file()
    assert any(
        "who answers whom: threads are flat, their posts in order of time" in note for note in report.notes
    )
    code, found, said = incidents(report, capsys)
    assert code == 0 and {one["kind"] for one in found} == {"escalation"} and "pile_on" in said


def test_why_says_that_a_pile_on_needs_who_answers_whom(bring_in, capsys):
    folder = str(bring_in(rows_of(), "parent").posts_file.parent)
    assert main(["why", folder, "pile_on", "--lock"]) == 2
    assert "has no word of who answers whom, which pile_on cannot do without" in capsys.readouterr().err


def test_without_parent_and_thread_all_rows_are_one_thread(bring_in):
    report = bring_in(rows_of(), "parent", "thread")
    assert posts_of(report)["thread"].unique().to_list() == [1]
    assert any("one flat thread" in note for note in report.notes)


def test_an_id_and_a_text_are_enough(bring_in):
    report = bring_in(rows_of(), "parent", "thread", "author", "time")
    assert report.lacks == ("author", "time", "parent") and report.posts == 6


def test_a_profile_of_an_earlier_import_does_not_stay(bring_in):
    assert bring_in(rows_of()).profile_file.is_file()
    assert not (bring_in(rows_of(), "author").posts_file.parent / "profile.yaml").exists()


def test_a_corpus_without_timestamps_comes_in_by_its_order(tmp_path):
    rows = [
        {"id": str(at), "speaker": "ann", "timestamp": None, "text": "x", "conversation_id": "0"}
        for at in range(3)
    ]
    (tmp_path / "utterances.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = import_corpus("convokit", tmp_path, tmp_path / "out", key_file=tmp_path / "key")
    assert report.posts == 3 and "time" in report.lacks


def test_replies_to_a_post_that_is_not_there_answer_nobody(bring_in, capsys):
    rows = rows_of()[1:]
    rows += [
        {**row, "id": f"s{row['id']}", "parent": "r1", "author": f"s{row['author']}"} for row in rows[1:]
    ]
    report = bring_in(rows)
    assert any("5 replies answer a post that is not in the record" in note for note in report.notes)
    piled = [one for one in incidents(report, capsys)[1] if one["kind"] == "pile_on"]
    assert [one["severity"] for one in piled] == [4]


ACTS = [("removecomment", "r1"), ("lock", "p"), ("removecomment", "r2"), ("removelink", "gone")]


def fullname(post):
    return None if post is None else f"{'t3' if post in ('p', 'gone') else 't1'}_{post}"


@pytest.mark.parametrize("written", [str, fullname])
@pytest.mark.parametrize("kept", [lambda post: post, fullname])
@pytest.mark.parametrize("opened", [True, False])
def test_acts_find_posts_with_and_without_reddits_prefix(bring_in, tmp_path, written, kept, opened):
    rows = rows_of()[0 if opened else 1 :]
    rows = [{**row, "id": kept(row["id"]), "parent": kept(row["parent"])} for row in rows]
    log = [(act, written(post), 1_709_288_000 + at) for at, (act, post) in enumerate(ACTS)]
    columns = ["action", "target_fullname", "created_utc"]
    pl.DataFrame(log, schema=columns, orient="row").write_csv(tmp_path / "log.csv")
    report = bring_in(rows, mod_log=tmp_path / "log.csv")
    first = 2 if opened else 1
    found = pl.read_parquet(report.moderation_file).select("act", "post", "thread").sort("act", "post").rows()
    lock = ("lock", 1 if opened else None, 1)
    assert found == [lock, ("remove", first, 1), ("remove", first + 1, 1)]
    assert any("1 act of moderators is about nothing" in note for note in report.notes)


@pytest.mark.parametrize(("factor", "unit"), [(1, None), (1000, "milliseconds"), (1_000_000, "microseconds")])
def test_acts_have_the_range_check_of_posts(bring_in, tmp_path, factor, unit):
    acts = [("lock", "t", 1_709_287_500 * factor), ("lock", "t", 5)]
    pl.DataFrame(acts * 1 + acts[:1] * 2, schema=["act", "thread", "time"], orient="row").write_csv(
        tmp_path / "log.csv"
    )
    report = bring_in(rows_of(), mod_log=tmp_path / "log.csv")
    assert pl.read_parquet(report.moderation_file)["minute"].to_list() == [5, 5, 5]
    assert report.bad_reasons == {"the acts' time is a date before 1990 or after 2100": 1}
    assert unit is None or any(f"the acts' time is read as {unit}" in note for note in report.notes)


def test_acts_outside_the_records_time_are_counted_and_another_origin_is_refused(bring_in, tmp_path):
    (tmp_path / "log.csv").write_text("act,thread,time\nlock,t,2024-05-01\nunlock,t,2024-02-01\n")
    report = bring_in(rows_of(), mod_log=tmp_path / "log.csv")
    assert any(
        "2 acts of moderators lie before the record's first post or after its last" in one
        for one in report.notes
    )
    (tmp_path / "log.csv").write_text("act,thread,minute\nlock,t,3\n")
    with pytest.raises(
        ValueError, match="count minutes or seconds from a start of their own, the posts have dates"
    ):
        bring_in(rows_of(), mod_log=tmp_path / "log.csv")


def said_by(bring_in, name, text):
    """What stands in a post that says `text`, where a member is called `name`."""
    rows = [
        {"id": "1", "parent": None, "author": name, "time": AT.format(0), "text": "hello there"},
        {"id": "2", "parent": "1", "author": "zz_top9", "time": AT.format(1), "text": text},
    ]
    report = bring_in(rows)
    posts = posts_of(report)
    return posts["text"][1].replace(posts["author"][0], "NAME"), report


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Don", "I don't know, don’t ask. Don said it"),
        ("Keys", "my keys are private keys. Keys, please"),
        ("Light", "A light client is Light"),
        ("never", "I would never say never"),
        ("Banana", "eat a banana, Banana bread"),
        ("Mark", "mark the page. Mark it well"),
        ("will", "I will, you will"),
        ("Can", "I can't and can"),
        ("won", "I won't"),
        ("Happy", "happy birthday"),
        ("storm", "What a storm"),
        ("well-known", "a well-known fact"),
        ("python", "python is a language"),
    ],
)
def test_a_name_that_is_a_word_leaves_the_words_alone(bring_in, name, text):
    found, report = said_by(bring_in, name, text)
    assert found == text
    assert any("1 name is a common word" in note for note in report.notes)


@pytest.mark.parametrize(
    ("name", "text", "becomes"),
    [
        ("Don", "@Don said it", "@NAME said it"),
        ("Keys", "see u/Keys and /u/keys", "see u/NAME and /u/NAME"),
        ("Light", "Light: you are wrong", "NAME: you are wrong"),
        ("never", "thanks @never!", "thanks @NAME!"),
        ("Mark", "I asked Mark about it", "I asked NAME about it"),
        ("Sarah", "sarah said so, and Sarah's friend", "NAME said so, and NAME's friend"),
        ("Bob", "ask bob, or Jack", "ask NAME, or Jack"),
        ("bob42", "bob42 isn't here", "NAME isn't here"),
        ("happy_camper", "ask happy_camper", "ask NAME"),
        ("jean-luc", "jean-luc knows", "NAME knows"),
    ],
)
def test_a_name_is_taken_out_where_it_names_somebody(bring_in, name, text, becomes):
    assert said_by(bring_in, name, text)[0] == becomes


def days(times):
    """Forty posts over ten days, each answering the one before within its day."""
    return [
        {
            "id": f"p{n}",
            "parent": f"p{n - 1}" if n % 4 else None,
            "author": f"m{n % 9}",
            "time": times(n // 4, n % 4),
            "text": "Hello",
        }
        for n in range(40)
    ]


def test_times_that_are_days_are_said_to_have_no_hours(bring_in):
    report = bring_in(days(lambda day, _: f"2024-05-{day + 1:02d}"))
    assert report.lacks == ("hour",) and any("days without an hour" in note for note in report.notes)
    profile = yaml.safe_load((report.posts_file.parent / "profile.yaml").read_text())
    assert set(profile["rhythm"]) == {1.0} and profile["rhythm_mark"] == "chosen"
    learned = fit_folder(report.posts_file.parent)
    assert {learned.parts[name].verdict for name in ("when", "whether", "delay")} == {"not fitted"}
    assert not learned.forward and any("days without hours" in each for each in learned.cannot)


def test_times_with_hours_lack_none(bring_in):
    assert bring_in(days(lambda day, hour: f"2024-05-{day + 1:02d}T{hour:02d}:10:00Z")).lacks == ()
