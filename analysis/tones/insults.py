"""Plain insults, by their shape: a rude order ("get lost, asshole"), a name for somebody and no more ("you moron").

Rules, not fits. A rude order has no "you" in it and a short post has few n-grams, so numbers that are fitted on long comments
are never sure of them, though nothing is more plainly hostile.
"""

import re
from functools import cache
from importlib.resources import files

import yaml

_BEFORE = (
    r"(?:(?:oh|ok|okay|well|just|please|pls|now|then|so|and|hey|yeah|no|nah|dude|man|bro|mate|seriously|honestly|everyone|you (?:can|should)|"
    r"why don't you|(?:can|could|would|will) you(?: just)?)[ ,!.]+){0,3}"
)
_START = r"(?:\A|(?<=[.!?;\n…]))[^\w\n@#]*(?:@someone\W+)?" + _BEFORE
"""Where a sentence begins, with who is addressed and what may stand before an order."""
_ASIDE = r"(?<=,)\s+(?:you )?"
_LAST = r"(?=\W*(?:\Z|[.!?;\n]))"
_END = r"(?=\W*(?:\Z|[.!?,;\n]))"
_BARE = (
    "coward cowards creep creeps dickhead dickheads dimwit dipshit douchebag gobshite hypocrite liar lowlife loser losers muppet "
    "nitwit numpty pillock plonker scum scumbag shithead slut tosser twit whore"
)
"""Insults, beside the list of insults, that say enough alone or behind a comma."""
_CALLED = (
    "clown clowns cow cows crybaby dick dog dogs donkey dunce fool fools freak git leech maggot parasite pig pigs pussy rat rats sheep simpleton "
    "slag snake swine toad troll vermin weasel weirdo worm wuss"
)
"""Insults after "you", and other words elsewhere."""
_OF_THINGS = frozenset(["stupid", "stupidity", "idiotic", "moronic", "dumb", "dumbest", "retarded", "dick"])
"""Of the list of insults: said of things too, or a name."""
_OWN = (
    r"(?:absolute|complete|total|utter|bloody|fucking|goddamn|damn|stupid|dumb|silly|pathetic|little|filthy|dirty|fat|lazy|miserable|"
    r"worthless|ignorant|big|old|lying|sad|ugly|useless|such|real|right|proper)"
)
_ORDERS = (
    r"eat (?:my |a (?:bag of )?)?(?:shit|dicks?|ass|arse|crap|poo|dirt)\b",
    r"(?:suck|lick|kiss|bite|eat) (?:on )?(?:my|a|these|this|deez) (?:\w+ )?(?:dicks?|cocks?|balls|nuts|ass|arse|butt|boots?|shoes?|feet|crotch)\b",
    r"(?:shove|stick|cram) (?:it|that|this|them|your(?: \w+){1,3}) up (?:your|yours|where|the (?:ass|arse))\b",
    r"(?:up yours|bite me|blow me|suck it|curse you|(?:go )?(?:kill|neck) yourself)" + _END,
    r"shut (?:the (?:fuck|hell|heck) up|your (?:\w+ )?(?:mouth|trap|face|gob|hole|piehole|yap)|it(?=\W*\Z)|up(?! shop| down|\W+(?:and take|that|this|it)\b))\b",
    r"hold your tongue\b",
    r"(?:go )?(?:fuck|screw|bugger|eff|damn|sod|shag) (?:you|off|yourself|yourselves|u|ya)\b(?! \w+s\b)",
    r"(?:piss|naff|jog|buzz|bog|rack) off(?: and take|" + _END + ")",
    r"go (?:to hell|(?:and )?(?:die|hang yourself|drown yourself|choke|cry)|play in (?:the )?traffic|boil your head|eat shit|away(?=\W*\Z)|back where you c[ao]me from)\b",
    r"get (?:the (?:fuck|hell) (?:out|off|lost|over)|out of my (?:face|sight))\b",
    r"get (?:fucked|stuffed|bent|knotted|lost|a (?:life|grip|brain|clue))" + _END,
    r"(?:drop|fall down) dead\b", r"(?:burn|rot) in (?:hell|jail|prison)\b", r"choke on (?:it|that|this|your)\b", r"die in a (?:fire|hole|ditch)\b",
    r"(?:go )?(?:jump|drop|walk|leap) (?:off|from|into|under) (?:a|the nearest) (?:bridge|cliff|lake|roof|train|bus|building|ledge)\b",
    r"crawl (?:back )?(?:in|into|under|to) (?:your|whatever) (?:hole|cave|rock|den|swamp|sewer|corner)\b", r"take a hike" + _END,
    r"cry (?:more|harder|me a river)\b", r"learn to (?:read|think|behave)" + _END, r"grow up" + _END, r"shame on (?:you|u)\b",
)  # fmt: skip


@cache
def _pattern() -> re.Pattern[str]:
    lists = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text("utf-8"))
    bare = {*lists["insult"].split(), *_BARE.split()} - _OF_THINGS
    bares, names = (
        "|".join(sorted(each, key=len, reverse=True)) for each in (bare, bare | {*_CALLED.split()})
    )
    found = [
        rf"(?:{_START}|\A\w+, )(?:{'|'.join(_ORDERS)})",
        rf"{_START}(?:{_OWN} )*(?:{bares}){_END}",
        rf"{_START}(?:what|such) an? (?:{_OWN} )*(?:{names}){_END}",
        rf"{_ASIDE}(?:{_OWN} )*(?:{bares}){_LAST}",
        rf"(?<!call )(?<!calls )(?<!called )(?<!calling )\b(?:you|ya|u|your an?) (?:{_OWN} )*(?:{names}){_END}",
        rf"\byou(?:'re| are|re|r(?= an? )) (?:just |all |really |nothing but )*(?:an? |the |such an? )?(?:{_OWN} )*(?:{names}|stupid|dumb|retarded|trash|garbage|filth|disgusting|pathetic|subhuman){_END}",
        r"\byou (?:suck|disgust me|revolt me|make me (?:sick|puke|vomit))\b",
    ]
    return re.compile("|".join(found), re.I)


_FRIENDLY = re.compile(r"[:;]-?[)DP]|\b(?:lol|haha\w*|hehe|jk|just kidding)\b|[😂🤣😅😊😉😄😜❤]", re.I)


def insults(text: str) -> bool:
    """Whether a text holds a plain insult and no smile; `text` is its author's own words, softened.

    >>> [insults(each) for each in ("Get lost, asshole.", "you moron", "you moron :)", "He got lost", "Kill the process")]
    [True, True, False, False, False]
    """
    return bool(_pattern().search(text)) and not _FRIENDLY.search(text)
