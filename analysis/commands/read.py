"""`windtunnel read`: let a language model read the tones of threads of an imported community."""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.ending import OK, plain


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: windtunnel read out/mine 17 23 llm=embedded. Tones set by hand stay; the others get the model's probabilities. "
        "The question is in conf/reader/llm.yaml; answers are kept, so asking again costs nothing."
    )
    parser.add_argument("out", help="output folder of `windtunnel import`")
    parser.add_argument(
        "words", nargs="+", metavar="THREAD|llm=NAME", help="numbers of threads, the model, and llm.KEY=VALUE"
    )


def call(asked: argparse.Namespace) -> int:
    from windtunnel.agents.llm.opening import open_model, serving
    from windtunnel.agents.llm.settings import read_settings
    from windtunnel.analysis.importers.imported.written import write_table
    from windtunnel.analysis.importers.people.identities import read_identities
    from windtunnel.analysis.tones.chances import chances
    from windtunnel.analysis.tones.examined import examine
    from windtunnel.analysis.tones.llm import LlmReader
    from windtunnel.analysis.why.forum.words import may_be_told

    folder = Folder(Path(asked.out))
    if not folder.posts.is_file():
        raise ValueError(f"{asked.out} holds no posts.parquet: give the output folder of `windtunnel import`")
    posts = folder.read_table("posts")
    rows = _rows(posts, [word for word in asked.words if "=" not in word], asked.out)
    llm = _llm([word for word in asked.words if "=" in word])
    may_be_told(llm)
    identities = read_identities(folder.path)
    about = [identities.about(*row) for row in posts[rows].select("thread", "author").iter_rows()]
    with serving(read_settings(llm)) as running:
        model = open_model(running)
        try:
            reader = LlmReader(model)
            examined = examine(reader.read)
            found = reader.read(posts[rows]["text"].to_list(), about)
        finally:
            model.close()
    worth = examined.applied(found) if examined.tells else chances(posts[rows])
    told = with_readings(posts, rows, np.where(np.isnan(found), np.nan, worth), keep=not examined.tells)
    write_table(told, folder.posts)
    silent = int(np.isnan(found).any(axis=1).sum())
    tones = told[rows]["tone"].value_counts(sort=True).drop_nulls()
    counts = ", ".join(f"{tone} {count}" for tone, count in tones.iter_rows())
    lost = f"; {silent} got no answer and keep the tone that they had" if silent else ""
    print(plain(f"llm ({reader.version}) read {len(rows)} posts: {counts}{lost}."))
    print(examined.words)
    print("How often it errs here is not measured: windtunnel label says it. profile.yaml is as it was.")
    return OK


def _rows(posts: pl.DataFrame, threads: list[str], out: str) -> list[int]:
    """The rows of these threads that have words and no tone set by hand; `ValueError` for a thread that is not there."""
    if "text" not in posts.columns:
        raise ValueError(f"{out} holds no words: its record has none, so there is nothing to read")
    known = set(posts["thread"].to_list())
    if not threads:
        raise ValueError("say which threads: their numbers are in `windtunnel incidents`")
    if unknown := [word for word in threads if not word.isdigit() or int(word) not in known]:
        raise ValueError(
            f"{out} has no thread {unknown[0]}: threads are numbers, as `windtunnel incidents` lists them"
        )
    wanted = pl.col("thread").is_in([int(word) for word in threads]) & pl.col("text").is_not_null()
    if "labelled" in posts.columns:
        wanted &= ~pl.col("labelled").fill_null(False)
    rows = posts.select(wanted.arg_true()).to_series().to_list()
    if not rows:
        raise ValueError("these threads have no words whose tone is not set by hand: nothing to read")
    return rows


def _llm(words: list[str]) -> dict:  # type: ignore[type-arg]
    from windtunnel.analysis import configuration

    if not any(word.startswith("llm=") for word in words):
        raise ValueError("say which model is to read: llm=embedded, or llm=openai with its address")
    if others := [word for word in words if not word.startswith(("llm=", "llm."))]:
        raise ValueError(f"{others[0]!r} is no setting of the model: give llm=NAME and llm.KEY=VALUE")
    return dict(configuration.compose(["mind=llm", *words])["llm"])


def with_readings(
    posts: pl.DataFrame, rows: list[int], found: np.ndarray, *, keep: bool = False
) -> pl.DataFrame:
    """The posts with these probabilities and the likeliest tone in these rows, or the tone that they had (`keep`); rows of NaN stay as
    they are."""
    from windtunnel.analysis.tones.hearing import decided

    new = decided(found)
    new = new.with_columns(tone=posts["tone"].gather(rows)) if keep else new
    new = new.with_columns(row=pl.Series(rows, dtype=pl.UInt32)).drop_nulls("tone")
    if "heated" not in posts.columns:
        none = (pl.lit(None, pl.Float32).alias(name) for name in ("heated", "hostile"))
        posts = posts.with_columns(none).select(*posts.drop("text").columns, "heated", "hostile", "text")
    joined = posts.with_row_index("row").join(new, on="row", how="left", suffix="_new", maintain_order="left")
    return joined.with_columns(
        pl.coalesce(f"{name}_new", name).alias(name) for name in ("tone", "heated", "hostile")
    ).select(posts.columns)
