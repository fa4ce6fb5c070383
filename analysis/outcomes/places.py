"""Outcomes of several places: who writes how much, in how many places, and whose words they are (arXiv 2603.16128)."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.analysis.outcomes.of_measures import gini, last_of, sum_of

FITS = ("places",)


def _writers(runs: Runs) -> pl.DataFrame:
    return runs.members.filter(pl.col("wrote") > 0).sort(*RUN, "wrote")


def gini_participation(runs: Runs) -> pl.DataFrame:
    """Gini index of messages over authors who wrote any."""
    return per_run(runs, _writers(runs).group_by(RUN).agg(value=gini("wrote")), None)


def top_hundredth(runs: Runs) -> pl.DataFrame:
    """Share of all messages that the hundredth of the authors wrote who wrote most, at least one author."""
    most = pl.col("wrote").tail((pl.len() / 100).ceil().cast(pl.Int64)).sum()
    return per_run(runs, _writers(runs).group_by(RUN).agg(value=most / pl.col("wrote").sum()), None)


def messages_per_author(runs: Runs) -> pl.DataFrame:
    """Messages an author who wrote any."""
    return per_run(runs, _writers(runs).group_by(RUN).agg(value=pl.col("wrote").mean()), None)


def messages_written(runs: Runs) -> pl.DataFrame:
    """Messages in all places."""
    return sum_of(runs, "messages")


def author_overlap(runs: Runs) -> pl.DataFrame:
    """Share of the authors who wrote in two places or more."""
    return last_of(runs, "overlap")


def place_divergence(runs: Runs) -> pl.DataFrame:
    """Jensen-Shannon divergence between the words of places, in bits."""
    return last_of(runs, "divergence")


def homogenisation_by_shared_authors(runs: Runs) -> pl.DataFrame:
    """How much further places stand apart without those who write in several: what these make alike, in bits."""
    both = last_of(runs, "unshared_divergence").join(
        last_of(runs, "divergence").rename({"value": "all"}), on=RUN, how="left", maintain_order="left"
    )
    return both.select(*RUN, value=pl.col("value") - pl.col("all"))


def place_separation(runs: Runs) -> pl.DataFrame:
    """How much oftener than by guessing words tell the place, learned from other authors: an effect of places, not of authors."""
    return last_of(runs, "place_told")


def author_identifiability(runs: Runs) -> pl.DataFrame:
    """How much oftener than by guessing words tell the author among those of one place: an effect of authors, not of places."""
    return last_of(runs, "author_told")


def telling_words_shared(runs: Runs) -> pl.DataFrame:
    """Overlap (Jaccard) of the twenty words that tell each place."""
    return last_of(runs, "top_common")


def spill_over(runs: Runs) -> pl.DataFrame:
    """Messages in all places but the first."""
    return sum_of(runs, "elsewhere")


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("gini_participation", "harm", "Gini index", False, gini_participation, FITS),
            event="few wrote most",
        ),
        Outcome(
            *("top_hundredth", "harm", "share of messages", False, top_hundredth, FITS),
            event="the hundredth who write most wrote much of all",
        ),
        Outcome(
            *("messages_per_author", "good", "messages", False, messages_per_author, FITS),
            event="authors wrote much",
        ),
        Outcome(
            *("messages_written", "good", "messages", True, messages_written, FITS), event="much was written"
        ),
        Outcome(
            *("author_overlap", "harm", "share of authors", False, author_overlap, FITS),
            event="many wrote in several places",
        ),
        Outcome(
            *("place_divergence", "good", "bits", False, place_divergence, FITS),
            event="places spoke differently",
        ),
        Outcome(
            *(
                "homogenisation_by_shared_authors",
                "harm",
                "bits",
                False,
                homogenisation_by_shared_authors,
                FITS,
            ),
            event="shared authors made places alike",
        ),
        Outcome(
            *("place_separation", "good", "beyond guessing", False, place_separation, FITS),
            event="words told the place",
        ),
        Outcome(
            *("author_identifiability", "harm", "beyond guessing", False, author_identifiability, FITS),
            event="words told the author",
        ),
        Outcome(
            *("telling_words_shared", "harm", "overlap", False, telling_words_shared, FITS),
            event="places shared the words that tell them",
        ),
        Outcome(
            *("spill_over", "harm", "messages", True, spill_over, FITS),
            event="much moved to the other places",
        ),
    )
}
