"""What the English reader knows of a post beside its n-grams: its shape, its lists of words, and two old scorers.

Every feature is of the author's own words, with words for who somebody is read as "person". A bad word counts once
more where it is said to somebody ("you"), of oneself ("I"), or in delight ("fucking awesome").
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate

import numpy as np
import yaml

from windtunnel.analysis.tones.insults import insults
from windtunnel.analysis.tones.own_words import OwnWords

_TOKEN = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*|[!?]+|\.\.+|[.;\n]|…")
_ENDS = re.compile(r"[!?.;\n…]")
ACCUSING = (
    "vermin", "go_away", "calls_out", "mock_praise", "rhetorical", "your_sort", "you_nothing", "like_beasts", "who_all",
    "mocking_emoji", "shouting_marks",
)  # fmt: skip
"""Patterns that are said of somebody; with words of `BAD` and of killing they are the signs that a post is about more than who somebody is."""
WINDOW = 6
"""So many words before a bad one, in the same sentence, are looked through for whom it is said of."""
TYPICAL = 30
"""A word counts half in a post of so many words, a third in one twice as long: a sum over the post would call long posts uncivil."""
VADER_CHARACTERS = 1_200
"""VADER's sum saturates in long texts and takes time."""

BAD = ("scorn", "insult", "swear", "trouble")
_PATTERNS = {
    "calls_out": r"(?!(?<=\bif )you (?:must|need|should|have)\b)\byou(?:'re| are| have| do| did| can| people| guys| all)*\s+(?:not|don't|never|clearly|obviously|should|need|must|keep|have no|just|can't|didn't|won't|still|even|always)\b",
    "your_thing": r"\byour\s+\w+",
    "begins_at_you": r"^\W*(?:you|your|why|what|how|so|no|and|but|then|stop|if|or|yeah|sure|wow|ok|okay|lol|well)\b",
    "begins_kindly": r"^\W*(?:thanks|thank|hi|hello|hey|yes|same|i|it|the|this)\b",
    "scare_quotes": r"[\"“*_](?:\w+[ -]?){1,2}[\"”*_]",
    "emoji": "[\U0001f300-\U0001faff☀-➿]|:[a-z_+\\-0-9]+:|[:;]-?[)(DP]",
    "mocking_emoji": "[🤡🙄🤣😂😅🤦💩🖕😒😡]|:(?:joy|rofl|roll_eyes|clown\\w*|middle_finger\\w*):",
    "drawn_out": r"(\w)\1{3,}",
    "trailing_off": r"\.{3,}|…",
    "shouting_marks": r"\?!|!\?|\?\?|!!",
    "offers": r"\b(?:we|i)(?:'ll|'ve| will| would| can| could| have| am)\b",
    "asks_you": r"\b(?:do you|are you|did you|can you|have you|is it|don't you|why (?:do|don't|is|are|would|not|should))\b",
    "vermin": r"\b(?:you|your|they|these|those|such|bunch of|pack of|piece of|lot of)\W+(?:\w+\W+){0,3}(?:vermin|parasites?|rats?|pigs?|dogs|animals|apes?|monkeys?|cockroach\w*|roaches|leech\w*|scum|filth|trash|garbage|cancer|plague|subhumans?|snowflakes?|sheep|clowns?)\b",
    "go_away": r"\b(?:go away|get lost|get out|shut up|shut it|screw you|fuck (?:off|you)|piss off|kill yourself|kys|drop dead|rot in|crawl back|(?:nobody|no one) (?:asked|wants|likes|cares(?=\W*(?:$|[.!?\n]|about|what|how|if|that|you)))|who asked|grow up|get a life|learn to read|go back to|your kind|people like you|you people)\b",
    "mock_praise": r"(?:^|[.!?\n]\s*)(?:oh|ah|aw|wow|yeah|yes|well|gee|sure|right|great|good|nice|wonderful|lovely|brilliant|perfect|fantastic|bravo|congratulations|congrats|kudos|thanks?|thank you|hats off|how (?:nice|kind|generous|convenient|thoughtful|sweet|brave)|so (?:brave|kind|good|nice|generous) of)\b[^.!?\n]{0,80}\b(?:again|because|as usual|as always|another|nobody|no one|nothing|never|only|br[eo]ke?n?|ruin\w*|wast\w+|blam\w+|lectur\w+|genius\w*|experts?|wisdom|special|still|finally|bother\w*|ignor\w+|wrong)\b",
    "rhetorical": r"\b(?:who (?:would have|could have|knew)|what could (?:possibly )?go wrong|what a (?:surprise|shock|genius|hero)|i(?:'m| am) (?:so |truly |deeply |very )?(?:shocked|sure (?:you|they|your))|let me guess|good luck with that|good to know that|captain obvious|tell us more|do go on|slow clap|a (?:medal|cookie|prize) for|of course you|as if (?:you|we|i|it)|don't you think|how dare)\b",
    "your_sort": r"\b(?:your|such|that) (?:kind|sort|type|ilk|lot|breed)\b|\b(?:people|person|somebody|someone|anyone|creatures?|those) (?:(?:like|such as) (?:you|your|them|that|this)|of (?:you|your))\b|\bthe likes of\b|\byou lot\b",
    "you_nothing": r"\byou(?:r|'re)?\b[^.!?\n]{0,40}\b(?:nothing|worth(?:less)?|mistake|beneath|ashamed|pity|pathetic|deserve|disappear|exist\w*|breath\w*|brains?|shame|disgust\w*|embarrass\w*)\b",
    "like_beasts": r"\b(?:they|them|these|those|you|person|creatures?)\b[^.!?\n]{0,30}\b(?:breed\w*|infest\w*|swarm\w*|disease|plague|insects?|cattle|herd|beasts?|brutes?|savages?|purged?|cage\w*|burden|drown\w*)\b",
    "who": r"\bperson\b",
    "who_all": r"\b(?:these|those|all|every|such|typical)\s+(?:\w+\s+)?person\b|\bno\s+(?:\w+\s+)?person(?=\W*(?:$|[.,;:!?\n]|(?:is|are|was|can|could|should|must|will|allowed|wanted|needed|welcome|here|in|on|at|and|or|near|please|ever|has|have|deserves?|belongs?)\b))|\bperson\s+(?:people\s+|folks?\s+|men\s+|kids\s+)?(?:should|must|never|always|can't|cannot|have no|ruin|steal|lie|belong|are (?:a|all|the|not|like|behind|so|just|too|sick|what|why))\b",
}
_COMPILED = {name: re.compile(pattern, re.I) for name, pattern in _PATTERNS.items()}


@cache
def _lexicon() -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    lists = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text("utf-8"))
    places: dict[str, tuple[int, ...]] = {}
    for place, words in enumerate(lists.values()):
        for word in str(words).split():
            places[word] = (*places.get(word, ()), place)
    return tuple(lists), places


def names() -> list[str]:
    """The features, in the order of `table`'s columns."""
    lists, _ = _lexicon()
    shape = [
        "words",
        "characters",
        "quotes",
        "quoted",
        "codes",
        "code",
        "links",
        "exclaims",
        "asks",
        "upper_words",
    ]
    shape += [
        "upper_share",
        "digits",
        "beyond_ascii",
        "mentions",
        "lines",
        "ends_asking",
        "ends_exclaiming",
        "silent",
    ]
    counted = [f"rate_{name}" for name in lists]
    directed = [f"bad_{whom}" for whom in ("at_you", "of_me", "in_delight", "hedged")]
    scorers = ["toxicity", "negative", "positive", "neutral", "compound", "bitter"]
    return [*shape, *counted, *directed, *_COMPILED, "insults", *scorers]


SHORT = 30
"""Of a longer post who somebody is is seldom the whole; chosen by what the rule costs on labelled comments."""


def tells_who(columns: np.ndarray) -> np.ndarray:
    """Which posts (rows of `table`), of `SHORT` words or fewer, say who somebody is and hold no sign of more than that."""
    known = names()
    signs = [*(f"rate_{name}" for name in (*BAD, "kill")), *ACCUSING]
    free = (columns[:, [known.index(name) for name in signs]] == 0).all(axis=1)
    short = columns[:, known.index("words")] <= np.log1p(SHORT)
    return np.asarray(free & short & (columns[:, known.index("who")] > 0))


def insulting(columns: np.ndarray) -> np.ndarray:
    """Which posts (rows of `table`) of `SHORT` words or fewer are a plain insult."""
    return np.asarray(columns[:, names().index("insults")] > 0)


def table(own: Sequence[OwnWords], texts: Sequence[str]) -> np.ndarray:
    """One row a post: `names()`; `texts` are its own words without identity."""
    if not len(texts):
        return np.empty((0, len(names())))
    rows = [[*_shape(each, text), *_words(text)] for each, text in zip(own, texts, strict=True)]
    return np.hstack([np.array(rows, float), _scorers(texts)])


def _shape(own: OwnWords, text: str) -> list[float]:
    words = text.split()
    size, upper = len(text) + 1, sum(len(word) > 2 and word.isupper() for word in words)
    return [
        np.log1p(len(words)), np.log1p(len(text)), own.quoted > 0, own.quoted, own.code > 0, own.code,
        np.log1p(own.links), np.log1p(text.count("!")), np.log1p(text.count("?")), np.log1p(upper),
        sum(map(str.isupper, text)) / size, sum(map(str.isdigit, text)) / size,
        0.0 if text.isascii() else sum(not letter.isascii() for letter in text) / size,
        np.log1p(own.mentions), np.log1p(text.count("\n")), text.endswith("?"), text.endswith("!"), not words,
    ]  # fmt: skip


def _words(text: str) -> list[float]:
    lists, places = _lexicon()
    tokens = _TOKEN.findall(text.lower().replace("’", "'"))
    kinds = [places.get(token, ()) for token in tokens]
    counts = np.zeros(len(lists))
    for found in kinds:
        for place in found:
            counts[place] += 1
    rates = counts / (1 + len(tokens) / TYPICAL)
    patterns = [np.log1p(sum(1 for _ in each.finditer(text))) for each in _COMPILED.values()]
    plainly = len(text.split()) <= SHORT and insults(text)
    return [*rates, *_directed(tokens, kinds), *patterns, plainly]


def _directed(tokens: list[str], kinds: list[tuple[int, ...]]) -> list[float]:
    lists, _ = _lexicon()
    place = {name: number for number, name in enumerate(lists)}
    bad = {place[name] for name in BAD}
    sentence = list(accumulate(bool(_ENDS.match(token)) for token in tokens))
    at_you = of_me = delight = hedged = 0
    for here, found in enumerate(kinds):
        if not bad.intersection(found):
            continue
        near = [k for k in range(max(here - WINDOW, 0), here) if sentence[k] == sentence[here]]
        after = range(here + 1, min(here + 4, len(tokens)))
        at_you += any(place["yours"] in kinds[k] for k in near)
        of_me += any(place["mine"] in kinds[k] for k in near)
        delight += any(place["glad"] in kinds[k] or place["thanks"] in kinds[k] for k in after)
        hedged += any(place["hedge"] in kinds[k] or place["negation"] in kinds[k] for k in near)
    return [np.log1p(at_you), np.log1p(of_me), np.log1p(delight), np.log1p(hedged)]


def _scorers(texts: Sequence[str]) -> np.ndarray:
    from windtunnel.analysis.tones.scorer import _analyzer
    from windtunnel.analysis.tones.toxicity import toxicity

    toxic = toxicity([text[:5_000] for text in texts])
    analyzer = _analyzer()
    scores = [analyzer.polarity_scores(text[:VADER_CHARACTERS]) for text in texts]
    valence = np.array([[each["neg"], each["pos"], each["neu"], each["compound"]] for each in scores])
    return np.column_stack([np.log(toxic + 0.003), valence, valence[:, 3] < -0.5])
