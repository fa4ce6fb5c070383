"""Siblings of inputs that were once read wrong, as other platforms write them: nobody's names, paths for parents, MySQL's quotes, acts told twice."""

import pytest

from windtunnel.analysis.numbers_in_words import counted

START = 1_683_000_000
HEAD = "id,parent,author,time,text\n"


def lines(*rows):
    return HEAD + "".join(
        f"{name},{parent},{who},{START + 60 * at},words\n" for at, (name, parent, who) in enumerate(rows)
    )


@pytest.mark.parametrize(
    ("author", "members", "said"),
    [
        ("-1", 1, "1 post is by -1, which is nobody's name"),
        ("[ghost]", 1, ""),
        ("ghost", 2, "1 post is by ghost (GitHub calls who is gone so)"),
        ("0", 2, "1 post is by 0 (an id of 0 is a guest's in many forums): one member here"),
        ("Ghosty", 2, ""),
    ],
)
def test_ids_and_names_that_may_be_nobodys_are_counted(bring_in, author, members, said):
    notes, posts, _ = bring_in(lines((1, "", "ann"), (2, 1, author)))
    assert posts["author"].n_unique() - posts["author"].has_nulls() == members
    assert said in notes


@pytest.mark.parametrize(
    ("parents", "answered"),
    [
        (("0.1", "0.1.5", "0.1.5.7", "0.9"), [None, 1, 2, None]),  # Lemmy
        (("/1/", "/1/5/", "/1/5/7/", "/9/"), [None, 1, 2, None]),
        (("1", "1.5", "1.5.7", "9"), [None, 1, 2, None]),
    ],
)
def test_a_path_from_the_top_gives_the_parent(bring_in, parents, answered):
    rows = [
        (name, parent, "abcd"[at])
        for at, (name, parent) in enumerate(zip((1, 5, 7, 9), parents, strict=True))
    ]
    notes, posts, _ = bring_in(lines(*rows))
    assert posts["parent"].to_list() == answered
    assert "give the path from the top" in notes and "not in the record" not in notes


def test_numbers_with_decimals_are_no_paths(bring_in):
    notes, posts, _ = bring_in(
        lines((1, "", "a"), (2, "1.0", "b"), (3, "2.0", "c"), ("a.b", "", "d"), ("c", "a.b", "e"))
    )
    assert posts["parent"].to_list() == [None, 1, 2, None, 4] and "path" not in notes


def test_quotes_behind_a_backslash_are_named_where_rows_are_lost(bring_in):
    bad = '2,1,bob,2023-05-01T10:01:00Z,"she said \\"hi, you\\" to me"\n'
    _, posts, report = bring_in(
        HEAD + '1,,ann,2023-05-01T10:00:00Z,"a \\ alone"\n' + bad + '3,1,cid,2023-05-01T10:02:00Z,"fine"\n'
    )
    assert posts.height == 2 and report.bad_lines == 1
    assert 'its quotes are written \\" as MySQL does' in next(iter(report.bad_reasons))


def test_an_act_that_stands_twice_in_a_list_is_counted(bring_in, tmp_path):
    (tmp_path / "log.csv").write_text(
        f"act,post,time\nremove,2,{START + 70}\nremove,2,{START + 71}\nlock,1,{START + 80}\n", "utf-8"
    )
    notes, _, report = bring_in(lines((1, "", "ann"), (2, 1, "bob")), mod_log=tmp_path / "log.csv")
    assert report.acts == {"remove": 2, "lock": 1}
    assert "1 act of moderators stands in the list a second time, in the same minute" in notes


@pytest.mark.parametrize(
    ("words", "one"),
    [
        (
            "replies write the id that they answer another way",
            "1 reply writes the id that it answers another way",
        ),
        ("answers", "1 answer"),
        ("acts of moderators are about nothing", "1 act of moderators is about nothing"),
        (
            "control characters, which XML does not allow, were dropped",
            "1 control character, which XML does not allow, was dropped",
        ),
        ("posts could not be read", "1 post could not be read"),
    ],
)
def test_one_of_several_is_said_in_the_singular(words, one):
    assert counted(1, words) == one and counted(1_234, words) == f"1,234 {words}"
