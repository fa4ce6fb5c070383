"""What counts as an act: only what others could read, who is answered, who is new, in a run and in a record."""

import polars as pl
import pytest

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.acts import ACTS, RECORD, acts_of_import, acts_of_run, read_acts
from windtunnel.analysis.outcomes import published
from windtunnel.sim.events import LINKS, SCHEMA
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world, run_worlds

MEMBERS = {"draw": pl.Int32, "seed": pl.Int32, "arm": pl.String, "member": pl.Int64, "group": pl.String}


def one_run(rows, links=()):
    """Rows of (step, member, kind, target, place, tone, status) and links (target, parent) as the acts of one run."""
    events = [
        dict(
            draw=0, seed=0, arm="baseline", step=step, ordinal=at, member=member, kind=kind, target=target,
            place=place, tone=tone, status=status, policy=None, text=None,
        )
        for at, (step, member, kind, target, place, tone, status) in enumerate(rows)
    ]  # fmt: skip
    known = sorted({row[1] for row in rows} - {None})
    return acts_of_run(
        pl.DataFrame(events, schema=SCHEMA),
        pl.DataFrame([(0, 0, "baseline", *link) for link in links], schema=LINKS, orient="row"),
        pl.DataFrame(
            [(0, 0, "baseline", one, "newcomer" if one > 90 else "regular") for one in known],
            schema=MEMBERS,
            orient="row",
        ),
    )


THREAD = [
    (0, 1, "open", 10, 10, "civil", "done"),
    (1, 2, "reply", 20, 10, "hostile", "done"),
    (1, 99, "post", 30, 30, "civil", "done"),
]


def test_a_reply_names_whom_it_answers_and_an_opening_post_nobody():
    acts = one_run(THREAD, [(20, 10)])
    assert acts.schema == ACTS
    assert acts.select("member", "kind", "parent", "answered", "newcomer").rows() == [
        ("1", "post", None, None, False),
        ("2", "reply", 10, "1", False),
        ("99", "post", None, None, True),
    ]


def test_a_held_post_is_no_act_until_it_is_approved_and_then_it_is_its_author_s():
    held = [
        *THREAD,
        (2, 3, "reply", 40, 10, "hostile", "held"),
        (2, 3, "post", 50, 50, "heated", "held"),
        (2, 4, "reply", 60, 10, "hostile", "held"),
        (2, 5, "reply", 20, 10, "hostile", "cancelled"),
    ]
    links = [(20, 10), (40, 20), (60, 20)]
    assert one_run(held, links).height == 3
    approved = [
        (5, None, "approve", 40, 10, "hostile", "done"),
        (6, None, "approve", 50, 50, "heated", "done"),
    ]
    late = one_run(held + approved, links).filter(pl.col("step") > 2)
    assert late.select("step", "member", "kind", "post", "answered").rows() == [
        (5, "3", "reply", 40, "2"),
        (6, "3", "post", 50, None),
    ]


def test_who_leaves_leaves_once_it_is_done_and_writes_nothing():
    rows = [
        *THREAD,
        (3, 2, "leave", None, None, None, "done"),
        (3, 1, "leave", None, None, None, "cancelled"),
    ]
    left = one_run(rows, [(20, 10)]).filter(pl.col("kind") == "leave")
    assert left.select("member", "post", "place").rows() == [("2", None, None)]


@pytest.mark.parametrize(
    "policies", [[], ["premoderate_newcomers"], ["remove_hostile"], ["graduated_sanctions"]]
)
def test_the_acts_of_a_simulated_run_are_its_published_posts_each_answering_an_earlier_one(
    policies, tiny_experiment
):
    experiment, unit = tiny_experiment(policies, size=40, steps=14), Unit(0, 0, "policy")
    mind = make_mind(experiment)
    run = run_worlds([make_world(experiment, unit)], [unit], mind, experiment.steps)[0]
    acts = acts_of_run(run.events, run.links, run.members)
    assert acts.select("step", "ordinal").rows() == sorted(acts.select("step", "ordinal").rows())
    written = acts.filter(pl.col("kind") != "leave").with_row_index("at")
    set_up = run.events.filter(pl.col("kind").is_in(["open", "spark"]))
    assert written.height == published(run.events).height + set_up.height > 20
    assert written["post"].is_unique().all() and written["member"].is_not_null().all()
    replies = written.filter(pl.col("kind") == "reply")
    assert (replies["post"] != replies["place"]).all()
    earlier = written.select(parent="post", before="at", of="member")
    answering = replies.join(earlier, on="parent", how="left")
    assert (answering["before"] < answering["at"]).all() and (answering["of"] == answering["answered"]).all()


def record(rows):
    """Rows of (minute, author, thread, parent) as a table of imported posts; a post's number is its row's, from 1."""
    return pl.DataFrame(
        [
            dict(post=at, thread=thread, parent=parent, author=author, minute=minute, tone="civil",
                 kind="reply" if parent else "thread", text=f"words {at}")
            for at, (minute, author, thread, parent) in enumerate(rows, 1)
        ],
        schema_overrides={"parent": pl.Int64},
    )  # fmt: skip


DAY = 24 * 60


def test_a_record_s_newcomer_came_after_the_first_day_and_is_new_for_one():
    rows = [
        (0, "a", 1, None),
        (DAY - 1, "b", 1, 1),
        (DAY, "c", 1, 2),
        (2 * DAY - 1, "c", 1, 1),
        (2 * DAY, "c", 1, 1),
        (2 * DAY, None, 1, 1),
    ]
    acts = acts_of_import(record(rows))
    assert acts.schema == ACTS and set(acts["arm"]) == {RECORD}
    assert acts["newcomer"].to_list()[:5] == [False, False, True, True, False]
    assert acts["answered"].to_list() == [None, "a", "b", "a", "a", "a"]
    assert acts["kind"].to_list() == ["post"] + ["reply"] * 5


def test_a_record_without_texts_has_acts_without_texts():
    acts = acts_of_import(record([(0, "a", 1, None)]).drop("text"))
    assert acts["text"].to_list() == [None]


def test_a_folder_that_is_no_run_s_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="neither manifest.json nor posts.parquet"):
        read_acts(tmp_path)
    Folder(tmp_path).write_table("posts", pl.DataFrame({"post": [1], "thread": [1]}))
    with pytest.raises(ValueError, match="has no column author"):
        read_acts(tmp_path)
    Folder(tmp_path).write_json(tmp_path / "manifest.json", {"other": 1})
    with pytest.raises(ValueError, match="not one that `windtunnel run` writes"):
        read_acts(tmp_path)
