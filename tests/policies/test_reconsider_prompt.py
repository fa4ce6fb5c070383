import polars as pl
import pytest

ALL = {"detection": 1.0}


def wrote(tiny_experiment, tiny_world, arm="policy", size=60, steps=12, **given) -> pl.DataFrame:
    experiment = tiny_experiment([("reconsider_prompt", ALL | given)], size=size, steps=steps)
    return tiny_world(experiment, arm).log.frame(0, 0, "any").filter(pl.col("kind").is_in(["reply", "post"]))


def test_if_all_drop_it_only_civil_posts_stand(tiny_experiment, tiny_world):
    posts = wrote(tiny_experiment, tiny_world, cancel=1.0, soften=0.0)
    assert set(posts.filter(status="done")["tone"]) == {"civil"}
    dropped = posts.filter(status="cancelled")
    assert set(dropped["tone"]) == {"heated", "hostile"} and set(dropped["policy"]) == {"reconsider_prompt"}


def test_if_all_soften_each_first_post_is_one_degree_milder_than_its_twin(tiny_experiment, tiny_world):
    """In the first step twins differ only by what the policy did to the acts."""
    given = {"cancel": 0.0, "soften": 1.0, "steps": 1, "size": 400}
    before, after = (wrote(tiny_experiment, tiny_world, arm, **given) for arm in ("baseline", "policy"))
    milder = {"hostile": "heated", "heated": "civil", "civil": "civil"}
    assert after["tone"].to_list() == [milder[tone] for tone in before["tone"]]
    assert after.filter(pl.col("policy").is_not_null()).height == (before["tone"] != "civil").sum() > 2


def test_nobody_asked_nothing_changed(tiny_experiment, tiny_world):
    given = {"detection": 0.0, "cancel": 1.0, "soften": 0.0}
    before, after = (wrote(tiny_experiment, tiny_world, arm, **given) for arm in ("baseline", "policy"))
    assert before.equals(after)


def test_shares_above_one_are_refused(tiny_experiment):
    with pytest.raises(ValueError, match="reconsider_prompt: cancel 0.7 \\+ soften 0.6 exceed 1"):
        tiny_experiment([("reconsider_prompt", {"cancel": 0.7, "soften": 0.6})]).schedule("policy")
