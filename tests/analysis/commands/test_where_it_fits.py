"""What is asked of a community that does not have it is refused with what there is."""

import pytest

from windtunnel.analysis.cli import main


def refused(capsys, *words):
    assert main(list(words)) == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("community=commons policy=slow_mode", "slow_mode fits forum, not commons, which has appeal, boundaries"),
        ("community=places mind=learned policy=one_place", "mind=learned is for forums: places has no members that could be learned"),
        ("community=info_commons community.size=3 policy=bargaining", "community.settings: size is 3, and 3 of them are builders"),
        ("community=collective_action community.size=2 policy=disband", "community.settings: the collectives have 1200 members together"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_says_what_could(tmp_path, capsys, words, said):
    assert said in refused(capsys, "run", *words.split(), f"out={tmp_path / 'out'}")
    assert not (tmp_path / "out").exists()


def test_the_policies_of_one_community_are_listed(capsys):
    assert main(["list", "policies", "--community", "wikigap"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "surface_complements: " in said and "For: wikigap." in said and "For: every community." in said
    assert "slow_mode" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("policies", "--community", "comons"), "did you mean 'commons'?"),
        (("minds", "--community", "commons"), "--community is for policies, outcomes and incidents"),
    ],
)
def test_a_list_that_cannot_be_chosen_from_says_so(capsys, words, said):
    assert said in refused(capsys, "list", *words)
