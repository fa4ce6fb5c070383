"""Posts numbered from 0 with 0 for no parent, as a data frame writes them whose empty cells were filled."""

from tests.analysis.importers.small_table import said, shape, table

POSTS = (("0", "0"), ("1", "0"), ("2", "1"), ("3", "0"), ("4", "3"))


def rows(pairs):
    return table([(post, up, f"m{post}", 1_600_000_000 + 60 * int(post), "hi") for post, up in pairs])


def test_what_answers_a_post_0_that_answers_itself_opens_a_thread(take_in):
    report, posts = take_in(rows(POSTS))
    threads, parents, _ = shape(posts)
    assert threads == [1, 2, 2, 3, 3] and parents == [None, None, 2, None, 4]
    assert said(report, "3 posts have 0 for a parent", "cannot answer itself")


def test_a_post_0_that_answers_nothing_may_be_answered(take_in):
    threads, parents, _ = shape(take_in(rows([("0", ""), *POSTS[1:]]))[1])
    assert threads == [1] * 5 and parents == [None, 1, 2, 1, 4]
