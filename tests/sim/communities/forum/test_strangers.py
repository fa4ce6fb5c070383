"""Posts without a name: whose they are."""

import numpy as np

from windtunnel.sim.communities.forum.learned.strangers import with_strangers

NOBODY = -1


def test_a_nameless_post_is_by_a_stranger_of_its_own_unless_it_answers_back_a_reply_to_one() -> None:
    """0 nameless opens; 1 Ann answers; 2 nameless answers Ann back; 3 nameless answers the opening; 4 nameless answers 2, which is no answer to it."""
    parent = np.array([-1, 0, 1, 0, 2])
    author = np.array([NOBODY, 3, NOBODY, NOBODY, NOBODY])
    assert with_strangers(author, parent, NOBODY, 10).tolist() == [10, 3, 10, 11, 12]


def test_named_posts_keep_their_authors_and_the_columns_given_are_left_alone() -> None:
    author = np.array([1, 2, NOBODY, 1])
    found = with_strangers(author, np.array([-1, 0, 1, 2]), NOBODY, 3)
    assert found.tolist() == [1, 2, 3, 1] and author.tolist() == [1, 2, NOBODY, 1]
