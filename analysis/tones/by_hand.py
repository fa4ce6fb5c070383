"""Whether a record's tones were all set by hand, or came with it: then nobody's reading of them is in question."""

import polars as pl


def all_by_hand(posts: pl.DataFrame | pl.LazyFrame) -> bool:
    """Is each tone of these posts (columns of posts.parquet) certain? No where none has a tone.

    >>> all_by_hand(pl.DataFrame({"tone": ["civil", None], "labelled": [True, False]}))
    True
    >>> all_by_hand(pl.DataFrame({"tone": ["civil", "heated"], "labelled": [True, False]}))
    False
    """
    scan = posts.lazy()
    if not {"labelled", "tone"} <= set(scan.collect_schema().names()):
        return False
    sure = pl.col("labelled").fill_null(False)
    return bool(scan.drop_nulls("tone").select((pl.len() > 0) & sure.all()).collect().item())
