"""Nineteen measures of a span of a place's life, eleven of them published for r/Feminism (`../shared/fidelity/structural.csv`).

A post is one that opens a thread, a comment anything else. The posts of a span are those opened in it, with the comments
that they got within it; comments are those written in it, wherever. A commenter is a named author of a comment.
"""

from collections.abc import Callable

import networkx as nx
import numpy as np
import polars as pl

from windtunnel.analysis.profile_fit.structure import gini

PUBLISHED = (
    "gini_comments",
    "one_comment_share",
    "top_tenth_share",
    "posts_without_comments",
    "comments_per_post",
    "gini_over_posts",
    "depth",
    "top_level_share",
    "unanswered_share",
    "minutes_to_first_comment",
    "minutes_to_reply",
)
"""Those with a published band."""
HOURLY = ("minutes_to_first_comment", "minutes_to_reply")
"""Those that a record of days without hours does not tell."""
SAID = {
    "gini_comments": "Gini coefficient of comments over commenters",
    "one_comment_share": "commenters with one comment",
    "top_tenth_share": "comments by the busiest tenth",
    "posts_without_comments": "posts without comments",
    "comments_per_post": "comments a post, mean",
    "comments_per_post_p90": "comments a post, 90th percentile",
    "largest_thread": "comments of the largest thread",
    "gini_over_posts": "Gini coefficient of comments over posts",
    "depth": "depth of a comment, mean (1: answers the post)",
    "depth_p90": "depth of a comment, 90th percentile",
    "top_level_share": "comments that answer the post",
    "unanswered_share": "comments without a reply",
    "minutes_to_first_comment": "minutes to a post's first comment, median",
    "minutes_to_reply": "minutes from a parent to its reply, median",
    "self_replies": "replies to oneself",
    "reciprocity": "reciprocity of who answers whom",
    "clustering": "clustering of who answers whom",
    "giant_component": "share of people in the giant component",
    "comments_per_commenter": "comments a commenter",
}
"""All of them, in the order of a table, with the words for each."""


def with_depths(posts: pl.DataFrame) -> pl.DataFrame:
    """`posts` (see `posts.COLUMNS`) with `opens`, `depth` (0: opens a thread) and, of its parent, `asked`, `answered`."""
    parents = posts.select(parent="post", asked="minute", answered="author")
    table = posts.join(parents, on="parent", how="left", maintain_order="left").with_columns(
        opens=pl.col("post") == pl.col("thread")
    )
    number = dict(zip(table["post"].to_list(), range(table.height), strict=True))
    up = [-1 if parent is None else number[parent] for parent in table["parent"].to_list()]
    depth: list[int] = []
    for row, above in enumerate(
        up
    ):  # a parent comes before its replies; one written in the same minute may not
        depth.append(0 if above < 0 else (depth[above] + 1 if above < row else 1))
    first = pl.Series(depth) + (~table["opens"] & (pl.Series(up) < 0)).cast(pl.Int64)
    return table.with_columns(depth=first)


def measures(table: pl.DataFrame, begin: float, end: float) -> dict[str, float]:
    """The measures of the minutes [begin, end) of a place (`with_depths`); nan where there is nothing to measure."""
    here = table.filter((pl.col("minute") >= begin) & (pl.col("minute") < end))
    posts, comments = here.filter("opens"), here.filter(~pl.col("opens"))
    each = _comments_of(posts, comments)
    named = comments.filter(pl.col("author").is_not_null())
    wrote = np.sort(named.group_by("author").len()["len"].to_numpy())
    known = comments.filter(pl.col("parent").is_not_null())
    answers = known.filter(pl.col("author").is_not_null() & pl.col("answered").is_not_null())
    own = (answers["author"] == answers["answered"]).to_numpy()
    first = (
        comments.join(posts.select(thread="post", opened="minute"), on="thread")
        .group_by("thread")
        .agg((pl.col("minute").min() - pl.col("opened").first()).alias("wait"))
    )
    reply_to = set(here["parent"].drop_nulls().to_list())
    depth = comments["depth"].to_numpy()
    graph = _graph(answers.filter(pl.Series(~own)))
    found: dict[str, Callable[[], float]] = {
        "gini_comments": lambda: gini(wrote),
        "one_comment_share": lambda: float((wrote == 1).mean()),
        "top_tenth_share": lambda: float(wrote[-max(1, round(len(wrote) / 10)) :].sum() / wrote.sum()),
        "posts_without_comments": lambda: float((each == 0).mean()),
        "comments_per_post": lambda: float(each.mean()),
        "comments_per_post_p90": lambda: float(np.quantile(each, 0.9)),
        "largest_thread": lambda: float(each.max()),
        "gini_over_posts": lambda: gini(each),
        "depth": lambda: float(depth.mean()),
        "depth_p90": lambda: float(np.quantile(depth, 0.9)),
        "top_level_share": lambda: float((depth == 1).mean()),
        "unanswered_share": lambda: float(
            np.mean([post not in reply_to for post in comments["post"].to_list()])
        ),
        "minutes_to_first_comment": lambda: float(np.median(first["wait"].to_numpy())),
        "minutes_to_reply": lambda: float(np.median((known["minute"] - known["asked"]).to_numpy())),
        "self_replies": lambda: float(own.mean()),
        "reciprocity": lambda: float(nx.overall_reciprocity(graph)),
        "clustering": lambda: float(nx.average_clustering(graph.to_undirected())),
        "giant_component": lambda: float(max(map(len, nx.weakly_connected_components(graph))) / len(graph)),
        "comments_per_commenter": lambda: float(wrote.mean()),
    }
    empty = {
        "gini_comments": not len(wrote),
        "posts_without_comments": not len(each),
        "depth": not len(depth),
        "minutes_to_first_comment": not first.height,
        "minutes_to_reply": not known.height,
        "self_replies": not len(own),
        "reciprocity": not graph.number_of_edges(),
    }
    needs = {
        **dict.fromkeys(("one_comment_share", "top_tenth_share", "comments_per_commenter"), "gini_comments"),
        **dict.fromkeys(
            ("comments_per_post", "comments_per_post_p90", "largest_thread", "gini_over_posts"),
            "posts_without_comments",
        ),
        **dict.fromkeys(("depth_p90", "top_level_share", "unanswered_share"), "depth"),
        **dict.fromkeys(("clustering", "giant_component"), "reciprocity"),
    }
    return {name: float("nan") if empty[needs.get(name, name)] else found[name]() for name in SAID}


def _comments_of(posts: pl.DataFrame, comments: pl.DataFrame) -> np.ndarray:
    """How many of the comments each post got."""
    sizes = comments.group_by("thread").len()
    return (
        posts.join(sizes, on="thread", how="left", maintain_order="left")["len"]
        .fill_null(0)
        .to_numpy()
        .astype(float)
    )


def _graph(answers: pl.DataFrame) -> nx.DiGraph:
    """Who answered whom: an edge from the author of a reply to that of what it answers."""
    graph = nx.DiGraph()
    graph.add_edges_from(answers.select("author", "answered").unique().iter_rows())
    return graph
