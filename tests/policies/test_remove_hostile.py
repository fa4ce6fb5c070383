import polars as pl
import pytest

SURE = {"detection": 1.0, "heated": 0.0, "false_positive": 0.0}


def events(tiny_experiment, tiny_world, hands=1000, size=60, **given) -> pl.DataFrame:
    experiment = tiny_experiment(
        [("remove_hostile", SURE | given)], size=size, settings={"actions_per_moderator_hour": hands}
    )
    return tiny_world(experiment).log.frame(0, 0, "any")


def written(log: pl.DataFrame) -> dict[int, tuple[int, str]]:
    rows = log.filter(pl.col("kind").is_in(["reply", "post"]))
    return {target: (step, tone) for target, step, tone in rows.select("target", "step", "tone").rows()}


@pytest.mark.parametrize("delay", [0, 2])
def test_sure_moderators_with_time_remove_all_that_is_hostile_and_nothing_else(
    tiny_experiment, tiny_world, delay
):
    log = events(tiny_experiment, tiny_world, delay=delay)
    posts, gone = written(log), dict(log.filter(kind="remove").select("target", "step").iter_rows())
    hostile = {post: step for post, (step, tone) in posts.items() if tone == "hostile"}
    assert len(hostile) > 10
    assert gone == {post: step + 1 + delay for post, step in hostile.items() if step + 1 + delay < 12}


def test_moderators_remove_no_more_than_they_have_hands_for(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, hands=1, size=60)
    removed = log.filter(kind="remove").group_by("step").len()
    assert removed["len"].max() == 1 and len(removed) > 3


def test_no_moderators_remove_nothing(tiny_experiment, tiny_world):
    assert not len(events(tiny_experiment, tiny_world, hands=0).filter(kind="remove"))


def test_authors_are_told_why_only_if_asked(tiny_experiment, tiny_world):
    told = events(tiny_experiment, tiny_world, explain=True)
    authors = told.filter(kind="remove").select("step", author=pl.col("target") // 100_000).unique()
    assert set(told.filter(kind="explain").select("step", "target").iter_rows()) == set(authors.iter_rows())
    assert not len(events(tiny_experiment, tiny_world).filter(kind="explain"))


def test_evaders_say_the_same_elsewhere(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, evasion=1.0)
    again = log.filter(status="evaded")
    assert len(again) > 5 and set(again["tone"]) == {"hostile"} and set(again["kind"]) == {"reply"}
    assert log["target"].filter(log["kind"].is_in(["reply", "post"])).is_unique().all()
    removed = set(log.filter(kind="remove").select("step", pl.col("target") // 100_000, "place").iter_rows())
    for step, member, place in again.select("step", "member", "place").rows():
        assert any(when == step and who == member for when, who, _ in removed)
        own = {there for when, who, there in removed if when == step and who == member}
        assert len(own) > 1 or place not in own


def test_two_removers_give_no_two_posts_one_id(tiny_experiment, tiny_world):
    given = ("remove_hostile", SURE | {"detection": 0.5, "evasion": 1.0, "delay": 0})
    experiment = tiny_experiment([given], [given], size=60, settings={"actions_per_moderator_hour": 1000})
    for root in range(4):
        posts = tiny_world(tiny_experiment([given], [given], size=60, root=root)).community.posts
        assert len(set(posts.id.tolist())) == len(posts)
    assert experiment.schedule("policy")[0].label == "remove_hostile"


def test_the_scene_is_never_removed(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, heated=1.0, false_positive=1.0)
    scene = log.filter(pl.col("kind").is_in(["open", "spark"]))["target"]
    assert not log.filter(kind="remove")["target"].is_in(scene.to_list()).any()
