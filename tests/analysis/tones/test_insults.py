"""Plain short insults, who somebody is, and long calm posts: what `english` makes of them where few posts are uncivil."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from windtunnel.analysis.tones import english, features
from windtunnel.analysis.tones.hearing import EVEN, ORDINARY
from windtunnel.analysis.tones.insults import insults
from windtunnel.analysis.tones.own_words import all_own_words
from windtunnel.analysis.tones.reader import CIVIL, HOSTILE, at_base

FIXTURES = Path(__file__).parents[2] / "fixtures" / "tones"
FIFTH = yaml.safe_load((FIXTURES / "fifth_kinds.yaml").read_text("utf-8"))
SIXTH = yaml.safe_load((FIXTURES / "sixth_kinds.yaml").read_text("utf-8"))


def ordinary(texts):
    reader = english.EnglishReader()
    return at_base(reader.read(texts), reader.base, ORDINARY)


def test_a_plain_insult_is_hostile_in_a_place_where_few_posts_are():
    found = ordinary(["eat shit", "get lost, asshole", "shut the fuck up", "you m0r0n", "@bob kiss my ass!"])
    assert (found[:, HOSTILE] > found[:, :HOSTILE].max(axis=1)).all()


@pytest.mark.parametrize(
    "text",
    [
        "Kill the process and eat lunch.",
        "I got lost in Leeds.",
        "Shut up, that is so cute!",
        "Go back to your settings and shut down the server.",
        "Nobody calls you stupid here.",
        "Goblin, troll or clown?",
        "The rats ate the cable.",
        "you jerk :)",
        "Somebody fed your dog.",
        "damn user commands",
        "Get a life jacket.",
        "Thanks, Dick.",
        "I know svn, git, and hg.",
        "I walk for hours, get lost, and find a cafe.",
        "Winners, losers, and those who never played.",
        "Do not shut it yet",
    ],
)
def test_other_orders_and_names_are_no_insults(text):
    assert not insults(text)


def test_a_smile_takes_the_rule_back_and_a_long_post_is_weighed_as_a_whole():
    long = "I read the whole guide again, " * 8 + "you idiot"
    own = all_own_words(["you idiot", "you idiot, lol", long])
    assert features.insulting(features.table(own, [each.text for each in own])).tolist() == [
        True,
        False,
        False,
    ]


def test_words_of_a_list_count_by_their_rate_so_that_twice_the_post_is_not_twice_as_bad():
    once = "The first answer is bad, and I do not know why nobody has closed it yet. " * 3
    own = all_own_words([once, once * 2, once * 4])
    table = features.table(own, [each.text for each in own])
    bad = table[:, features.names().index("rate_trouble")]
    assert bad[0] < bad[1] < 1.4 * bad[0] and bad[2] < 1.2 * bad[1]


def test_nobody_is_called_uncivil_in_an_ordinary_place_for_who_they_are():
    assert (ordinary(FIFTH["identity words"]["civil"])[:, CIVIL] > EVEN).all()


def test_a_colour_of_a_thing_is_not_said_of_people():
    said = english.EnglishReader().read(["No white paint left, only cream.", "No whites allowed here."])
    assert said[0, CIVIL] > 0.8 and said[1, CIVIL] < said[0, CIVIL]


def test_civil_posts_of_many_kinds_are_seldom_called_uncivil_in_an_ordinary_place():
    civil = [text for kind in (*FIFTH.values(), *SIXTH.values()) for text in kind.get("civil", ())]
    assert len(civil) > 250 and np.mean(ordinary(civil)[:, CIVIL] <= EVEN) < 0.02


def test_contempt_for_a_group_is_not_silenced_by_the_rule_about_who_somebody_is():
    uncivil = 1 - english.EnglishReader().read(FIFTH["contempt for a group"]["uncivil"])[:, CIVIL]
    assert uncivil.mean() > 2 * english.parameters().civil
