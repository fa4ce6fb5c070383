"""Each key of AutoModerator's that is taken means what Reddit's published code does with it; others are refused by name."""

import re
import time

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.rules.automoderator import read_rules


@pytest.mark.parametrize(
    ("rule", "posts"),
    [
        ("body: spam", "b"),
        ("body (includes): spam", "bg"),
        ("body (includes, case-sensitive): spam", "g"),
        ("body (starts-with): spam", "bg"),
        ("body (ends-with): saddle", "bc"),
        ("body (full-exact): 'no'", "d"),
        ("body (full-exact): spam", ""),
        ("body (full-text): you idiot", "e"),
        ("title: saddles", "a"),
        ("title: best", ""),
        ("body: best", "a"),
        ("title+body: [best, off topic]", "af"),
        ("{type: submission, title+body: [best, spam, off topic]}", "af"),
        ("{type: comment, body: [best, spam]}", "b"),
        ("body (regex): ['idiots?', 'calm.*n$']", "ei"),
        ("{type: comment, ~body: [spam, 'no', idiot, calm, saddle]}", "g"),
        ("{body: saddle, ignore_blockquotes: true}", "ab"),
        ("{body: saddle, 'body#2': spam}", "b"),
        ("{type: comment, body_shorter_than: 3}", "d"),
        ("{type: comment, body_longer_than: 14}", "bc"),
        ("is_top_level: true", "bghi"),
        ("{is_top_level: false, author: {is_submitter: false}}", "de"),
        ("{type: comment, author: {is_submitter: true}}", "c"),
        ("parent_submission: {title: saddles}", "bcdei"),
        ("{type: comment, parent_submission: {body: best}, body: spam}", "b"),
        ("depth: '> 2'", "de"),
        ("{depth: 1, author: {posts_before: '> 0'}}", "i"),
        ("author: {posts_last_hour: '>= 2'}", "e"),
        ("author: {posts_last_day: '>= 1'}", "cde"),
        ("author: {threads_last_day: '> 0'}", "c"),
        ("author: {known_for: '< 1 day', posts_before: '> 0'}", "cde"),
        ("author: {is_newcomer: true}", "gh"),
        ("author: {removed_before: '> 0'}", "i"),
        ("author: {removed_before: '> 0', posts_before: 0, satisfy_any_threshold: true}", "abghi"),
        ("thread: {replies_before: '> 3'}", "i"),
        ("{thread: {replies_last_hour: '>= 1'}, depth: 1}", "h"),
        ("{thread: {age: '> 2 days'}, type: comment}", "i"),
        ("{hour: [0], depth: '> 0', author: {posts_before: 1}}", "cd"),
    ],
)
def test_a_rule_touches_these_posts(touched, rule, posts):
    assert touched(f"{rule}\n" if not rule.startswith("{") else rule) == posts


def test_what_was_taken_away_is_never_touched_by_what_its_text_might_have_been(touched):
    assert "h" not in touched("{type: comment, ~body: zebra}") + touched("body_shorter_than: 100")


def test_rules_that_take_away_come_by_priority_and_the_first_one_has_the_post(record, touched):
    from windtunnel.analysis.rules.loading import YAML, load_text
    from windtunnel.analysis.rules.replaying import replay

    text = "body: [spam]\naction: remove\n---\nbody: saddle\naction: filter\npriority: 2\n---\nbody: buy\naction: report"
    found = replay(load_text(text, "x", YAML), record)
    assert [(one.rule, one.posts, one.first) for one in found.rules] == [
        ("rule 2", 3, 3),
        ("rule 1", 1, 0),
        ("rule 3", 2, 0),
    ]
    assert [(word.word, word.posts) for word in found.words] == [("saddle", 3)]


def test_a_list_has_words_and_expressions(touched):
    assert touched.words("# a comment\n\nspam\noff topic\n/id+iot/\n") == "bef"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("score: '< 0'", "score is refused: a post's score is known only afterwards"),
        (
            "author: {comment_karma: '< 10'}",
            "author: comment_karma is refused: karma is what all votes came to afterwards",
        ),
        ("author: {account_age: '< 2 days'}", "author: known_for counts"),
        ("reports: 2", "reports is refused: the record does not hold who reported"),
        ("is_edited: true", "known only afterwards"),
        ("domain: [x.com]", "domain is refused"),
        ("url+body: [x]", "url is refused"),
        ("standard: spam", "standard is refused"),
        ("bodyy: x", "bodyy is no field that is known here: did you mean 'body'"),
        ("body (inclues): x", "the modifier 'inclues' is unknown: did you mean 'includes'"),
        ("body + title: x", "without blanks around +"),
        ("body: []", "empty word"),
        ("body: ['']", "empty word"),
        ("body: {a: b}", "is no word"),
        ("body: true", "is no word"),
        ("{body: x, action: approve}", "approve is refused"),
        ("{body: x, action: delete}", "action 'delete' is unknown"),
        ("{type: text submission, title: x}", "does not say which posts were links"),
        ("{type: comment, title: x}", "title cannot be asked of a comment"),
        ("{type: submission, is_top_level: true}", "is_top_level cannot be asked of a submission"),
        ("body: a\nbody: b", "'body' stands twice"),
        ("body (regex): '(?=x)'", "look-ahead"),
        ("body (regex): '('", "unclosed group"),
        ("author: {name (regex): x}", "can only be compared whole"),
        ("author: {posts_before: often}", "no comparison with a whole number"),
        ("depth: true", "no comparison"),
        ("hour: [24]", "no hours of the day"),
        ("thread: {age: soon}", "length of time"),
        ("action: remove", "checks nothing"),
        ("- a\n- b", "is no rule"),
        ("a: [", "is no YAML in line"),
        ("", "holds no rule"),
        ("{body: x, moderators_exempt: maybe}", "write true or false"),
        ("{body: x, priority: high}", "whole number"),
    ],
)
def test_what_is_not_taken_is_refused_by_its_name(rule, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        read_rules(rule)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(24)
)


@pytest.mark.parametrize(
    "rule",
    [
        BOMB + "body: *y",
        "x: &x [1]\n? *x\n: 1",
        "body: " + "[" * 5000,
        "body: 'unclosed",
        'body: "\\ud800"',
        "!!python/object/apply:os.system ['true']",
        "body: &a [*a]",
        "body (regex): '" + "(" * 20_000 + "'",
        "body (regex): '" + "a?" * 40_000 + "'",
        "<<: {body: x}",
    ],
    ids=lambda rule: rule[:18],
)
def test_hostile_yaml_is_a_sentence_and_soon(rule):
    began = time.process_time()
    with pytest.raises(ValueError) as error:
        read_rules(rule)
    assert len(str(error.value)) < 400 and time.process_time() - began < 5


def test_names_are_read_with_the_key_and_refused_without_it(record, touched, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="there is no key"):
        touched("author: Bo")
    (tmp_path / ".windtunnel").mkdir()
    (tmp_path / ".windtunnel" / "pseudonym.key").write_bytes((record.parent / "key").read_bytes())
    assert touched("author: [bo, Nobody]") == "bdei"
    assert touched("{type: comment, ~author: [Bo, Ann]}") == "gh"


def test_a_record_without_times_of_removals_is_told_so(tmp_path, import_rows, capsys):
    rows = [{"id": "a", "parent": None, "author": "A", "time": 0, "text": "x"}]
    out = import_rows(tmp_path, rows)
    (tmp_path / "r.yaml").write_text("author: {removed_before: '> 0'}")
    assert main(["replay", str(tmp_path / "r.yaml"), str(out)]) == 2
    assert "import with --mod-log" in capsys.readouterr().err


def test_all_rules_of_a_file_are_judged_at_once():
    rules = ["author: {account_age: '< 2 days'}", "body: [fine]", "author: {comment_karma: '< 10'}", "{is_edited: true, body: [x]}",
             "bodi: [x]", "{hour: 25, body: [x]}", "{hour: '> 24', body: [x]}", "body_shorter_than: -5", "[a, b]"]  # fmt: skip
    with pytest.raises(ValueError) as refused:
        read_rules("\n---\n".join(rules))
    *said, total = str(refused.value).split("\n")
    expected = ["rule 1: author: account_age", "rule 3: author: comment_karma", "rule 4: is_edited", "rule 5: bodi is no field", "rule 6: 25 is no hour",
                "rule 7: '> 24' is no hour", "rule 8: body_shorter_than is -5", "document 9 is no rule"]  # fmt: skip
    assert [line.startswith(begun) for line, begun in zip(said, expected, strict=True)] == [True] * 8
    assert total == "(8 of 9 rules cannot be replayed)"
