"""Which words of a post are its author's, and in which language."""

from pathlib import Path

import pytest
import yaml

from windtunnel.analysis.tones.language import language, languages
from windtunnel.analysis.tones.own_words import own_words, without_identity
from windtunnel.analysis.tones.softened import softened

FOLDER = Path(__file__).parents[2] / "fixtures" / "tones"
FOREIGN = yaml.safe_load((FOLDER / "languages.yaml").read_text("utf-8"))
MORE = yaml.safe_load((FOLDER / "more_languages.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("> you fool\nI agree", "I agree"),
        ("I agree\n> you fool", "I agree"),
        ("&gt; you fool\n\nnice", "nice"),
        ("<blockquote>you fool</blockquote>nice", "nice"),
        ('[quote="ann, post:3"]\nyou fool\n[/quote]\nnice', "nice"),
        ("```\nkill(fool)\n```\nnice", "nice"),
        ("~~~py\nfool = 1\n~~~\nnice", "nice"),
        ("look:\n\n    fool = 1\n\nnice", "look:\n\nnice"),
        ("<pre><code>fool</code></pre> nice", "nice"),
        ("run `fool --dumb` now", "run now"),
        ("see https://fool.example/dumb?x=1 now", "see now"),
        ("[nice](https://fool.example)", "nice"),
        ("![fool](https://fool.example/a.png) nice", "nice"),
        ("mail fool@dumb.example now", "mail now"),
        ("<!-- you fool --> nice", "nice"),
        ("she said “you are a fool” twice", "she said twice"),
        ("the “fool” himself", "the “fool” himself"),
        ("```\nnever closed", ""),
    ],
)
def test_only_the_authors_own_words_are_left(text, said):
    assert "\n".join(line.strip() for line in own_words(text).text.split("\n")) == said


def test_words_for_who_somebody_is_are_read_as_person_and_slurs_of_other_kinds_are_not():
    assert without_identity("a Black woman, gay, from Mexico") == "a person person, person, from Mexico"
    assert without_identity("you idiots") == "you idiots"


@pytest.mark.parametrize(
    ("text", "soft"),
    [
        ("I'm such an idiot", True),
        ("my shitty code", True),
        ("he called me a moron", True),
        ("holy shit, that is amazing", True),
        ("you are such an idiot", False),
        ("your shitty code", False),
        ("holy shit, you are not amazing", False),
        ("I think you are a moron", False),
    ],
)
def test_rude_words_said_of_nobody_here_are_softened_and_others_are_not(text, soft):
    assert ("thing" in softened(text)) == soft


@pytest.mark.parametrize("name", ["german", "italian"])
def test_other_languages_are_recognised(name):
    told = languages(FOREIGN[name])
    assert sum(code not in ("en", "") for code in told) >= 0.95 * len(told)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("謝謝大家的回覆", "zh"),
        ("我有搭乘過 Uber", "zh"),
        ("ありがとうございます", "ja"),
        ("감사합니다 여러분", "ko"),
        ("Спасибо всем за ответы", "ru"),
        ("شكرا جزيلا", "ar"),
        ("Merci beaucoup pour votre réponse", "fr"),
        ("Gracias por la respuesta, me ayudó mucho", "es"),
        ("Dank je wel voor het snelle antwoord", "nl"),
        ("Obrigado pela resposta rápida, ajudou muito", "pt"),
        ("> Das ist doch völliger Unsinn hier\nI do not think so at all", "en"),
        ("see https://beispiel.example/das-ist-doch-unsinn for the answer", "en"),
        ("@max_mustermann_der_zweite: please read it again", "en"),
        ("ok.", ""),
        ("hehe", ""),
        ("🤡🤡🤡", ""),
        ("42", ""),
        ("", ""),
    ],
)
def test_a_post_has_the_language_of_its_own_words(text, code):
    assert language(text) == code


@pytest.mark.parametrize("name", MORE)
def test_thirty_posts_of_five_more_languages_are_nearly_all_unread(name):
    assert len(MORE[name]) == 30
    assert sum(code not in ("en", "") for code in languages(MORE[name])) >= 28
