"""Patterns mean what Python's mean, and those that could hang are refused by name."""

import re
import time
import warnings

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from windtunnel.analysis.rules.patterns import checked, found, linear
from windtunnel.analysis.rules.searches import PLACES, pattern_of

PATTERNS = [
    r"\bfoo\b",
    r"^a.c$",
    r"[[\]x-]+z",
    r"a{2,3}b",
    r"a{,2}b{1}",
    r"{not} a {count",
    r"[a&&b]",
    r"(?:x|y)*?z\Z",
    r"\<b\>",
    r"(?P<name>é+)",
    r"a(?#nothing)b",
    r"\d+\s\w+",
    r"[^]a]b",
    "a$",
]
TEXTS = [
    "foo",
    "xfoo bar",
    "a\nc",
    "abc\n",
    "[x]z",
    "aab",
    "b",
    "{not} a {count",
    "&",
    "xyz\n",
    "<b>",
    "éé",
    "ab",
    "12 é",
    "]b",
    "cb",
    "",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_finds_what_pythons_engine_finds(pattern):
    ours = found(pl.Series(TEXTS), checked("(?is)" + linear(pattern)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of sets in classes, which Python does not have yet
        theirs = [re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None for text in TEXTS]
    assert ours.to_list() == theirs


@given(
    st.lists(st.text("ab.*+?<>()[]{}|\\^$-#&~ é\n", min_size=1, max_size=4), min_size=1, max_size=3),
    st.data(),
)
@settings(max_examples=150)
def test_words_are_found_as_reddits_own_patterns_find_them(words, data):
    """The six places of the published code, with its words escaped by Python."""
    place = data.draw(st.sampled_from(sorted(PLACES)))
    texts = data.draw(st.lists(st.text("ab.*+?<>()[]{}|\\^$-#&~ é\n", max_size=8), min_size=1, max_size=4))
    texts += [f"x{word}" for word in words] + list(words)
    reddits = {
        "full-exact": "^{}$",
        "full-text": r"^\W*{}\W*$",
        "includes": "{}",
        "includes-word": r"(?:^|\W|\b){}(?:$|\W|\b)",
        "starts-with": "^{}",
        "ends-with": "{}$",
    }[place]
    either = f"({'|'.join(map(re.escape, words))})"
    theirs = [re.search(reddits.replace("{}", either), text, re.I | re.S) is not None for text in texts]
    assert found(pl.Series(texts), pattern_of(words, (place,))).to_list() == theirs


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("a(?=b)", "look-ahead"),
        ("a(?!b)", "look-ahead"),
        ("(?<=a)b", "look-behind"),
        ("(?<!a)b", "look-behind"),
        (r"(a)\1", r"back-reference \1"),
        ("(?P<n>a)(?P=n)", "back-reference"),
        ("(?>a)b", "atomic"),
        ("a++", "possessive"),
        ("(a)(?(1)b|c)", "condition"),
        ("(a{100}){100}", "10,000 times"),
        ("(", "unclosed"),
        ("[a", "not closed"),
        ("(?x) a", "flag"),
        ("\bidiot", "backspace"),
    ],
)
def test_what_would_need_backtracking_is_refused_by_name(pattern, what):
    with pytest.raises(ValueError, match=re.escape(what)):
        checked(linear(pattern))


def test_a_pattern_that_hangs_backtracking_engines_is_read_at_once():
    texts = pl.Series(["a" * 50_000 + "!"])
    began = time.process_time()
    assert found(texts, checked(linear(r"^(a+)+$"))).to_list() == [False]
    assert time.process_time() - began < 2


def test_a_pattern_that_reads_too_long_is_given_up():
    texts = pl.Series(["a" * 300] * 2000)
    with pytest.raises(ValueError, match="too slow: .* of 2,000 posts"):
        found(texts, checked(linear("(?:.{0,400}a){2}z")), seconds=0)


def test_a_text_that_is_not_there_says_neither():
    assert found(pl.Series(["a", None]), "a", "a").to_list() == [True, None]
