"""The tones of a whole record: the fast reader for every post, a better one again where the record is small or it is asked.

Probabilities of a reader that was fitted on quarrels are moved to `ORDINARY` shares, and a post is heated or hostile from
even odds there on: so among the posts that are called so about every second or more should be, where these shares hold.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from windtunnel.analysis.tones.language import languages
from windtunnel.analysis.tones.own_words import own_words, without_identity
from windtunnel.analysis.tones.reader import CIVIL, HEATED, HOSTILE, Reader, at_base, read, unread
from windtunnel.analysis.tones.scorer import classify, score
from windtunnel.analysis.tones.softened import softened

ORDINARY = np.array([0.94, 0.05, 0.01])
"""Chosen: the shares of civil, heated and hostile posts that are assumed of a place nobody has labelled."""
SMALL = 20_000
"""Records of up to so many posts are read again by `english`: some seconds to half a minute."""
EVEN = 0.5

_WORD = r"\b(?:the|and|that|you|your|this|with|have|are|but|what|they|my|can|just|it's|don't|i'm|of|to)\b"
_ENGLISH = rf"(?is){_WORD}.*?{_WORD}.*?{_WORD}"
"""Three of these words say that a post is English, without asking the model."""
_QUOTES = r"(?m)^[ \t]*(?:>|&gt;)|<blockquote|\[quote"


def quick(texts: Sequence[str]) -> list[str | None]:
    """The tone of each text by the rule of `words`, None where it is in a language that it does not read.

    What the rule does not call civil is looked at again by its author's own words alone, who anybody is left out.
    """
    if not len(texts):
        return []
    series = pl.Series(texts, dtype=pl.String)
    quoting = series.str.contains(_QUOTES)
    said = [own_words(text).text if quotes else text for text, quotes in zip(texts, quoting, strict=True)]
    told: list[str | None] = [str(tone) for tone in classify(score(said))]
    suspected = {row: _own(texts[row]) for row, tone in enumerate(told) if tone != "civil"}
    again = {row: own for row, own in suspected.items() if own != said[row]}
    for row, tone in zip(again, classify(score(list(again.values()))), strict=True):
        told[row] = str(tone)
    asked = (quoting | ~series.str.contains(_ENGLISH)).arg_true().to_list()
    for row, code in zip(asked, languages([texts[row] for row in asked]), strict=True):
        if code not in ("en", ""):
            told[row] = None
    return told


def _own(text: str) -> str:
    return softened(without_identity(own_words(text).text))


def heard_again(
    chunks: Iterable[tuple[int, pl.DataFrame]], reader: Reader, only: np.ndarray | None = None
) -> pl.DataFrame:
    """What a reader says of each post with words: row, tone, and the probabilities heated and hostile (null: unread).

    `chunks` are tables of `text` and the row at which each begins; `only` says for each row whether it is wanted.
    """
    parts = [_part(start, chunk["text"], reader, only) for start, chunk in chunks]
    empty = pl.DataFrame(schema=_SCHEMA)
    return pl.concat([empty, *parts])


_SCHEMA = {"row": pl.Int64, "tone": pl.String, "heated": pl.Float32, "hostile": pl.Float32}


def _part(start: int, texts: pl.Series, reader: Reader, only: np.ndarray | None) -> pl.DataFrame:
    wanted = texts.is_not_null()
    if only is not None:
        told = only[start : start + len(texts)]
        wanted &= pl.Series(np.concatenate([told, np.zeros(len(texts) - len(told), bool)]))
    rows = wanted.arg_true()
    found = read(reader, texts.gather(rows).to_list())
    table = decided(at_base(found, reader.base, ORDINARY))
    return table.with_columns(row=(rows.cast(pl.Int64) + start)).select(list(_SCHEMA))


def decided(probabilities: np.ndarray) -> pl.DataFrame:
    """A tone where one is called for, and the probabilities heated and hostile; null in the rows that are unread.

    >>> decided(np.array([[.6, .3, .1], [.4, .2, .4]]))["tone"].to_list()
    ['civil', 'hostile']
    """
    none = unread(probabilities)
    worse = np.where(probabilities[:, HOSTILE] >= probabilities[:, HEATED], "hostile", "heated")
    tone = np.where(probabilities[:, CIVIL] > EVEN, "civil", worse)
    columns = {"heated": probabilities[:, HEATED], "hostile": probabilities[:, HOSTILE]}
    table = pl.DataFrame({"tone": tone, **columns}).with_columns(pl.col("heated", "hostile").cast(pl.Float32))
    read_at_all = pl.Series(~none)
    return table.with_columns(pl.when(read_at_all).then(pl.col(name)).alias(name) for name in table.columns)
