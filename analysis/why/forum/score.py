"""How well a mind foretells real acts: the held-out log-score of its tones, beside two that know no situation."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from windtunnel.agents.harmless import quoted
from windtunnel.agents.minds.base import Mind, Unanswered
from windtunnel.agents.minds.learned_llm import LearnedLLMMind
from windtunnel.agents.situation import About, Line, Situations
from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.importers.people.identities import read_identities
from windtunnel.analysis.why.forum.words import told_words
from windtunnel.sim.communities.forum.member_prompt import SOMEBODY, headed
from windtunnel.sim.communities.forum.posts import HOSTILE
from windtunnel.sim.communities.forum.traits import NEWCOMER_PERSONA

if TYPE_CHECKING:
    from windtunnel.analysis.why.forum.recorded import RecordedCase

MOST = 2000
"""Replies scored at most: the first of every other thread, in the order of the record."""
ORDINARY = 1
"""Row of the persona that members of a record are taken for, as in their world."""
MOST_ASKED = 60
"""Replies scored at most where each is a question of its own."""
POSTS_TOLD = 8
"""The opening post and the newest others of a thread, as a member is told them in a world."""
_TONES = ("civil", "heated", "hostile")


def log_score(case: "RecordedCase", mind: Mind) -> dict[str, Any] | None:
    """Mean log2-probability of the tone of a reply, in bits an act (nearer 0 is better), on the community's other threads.

    Every other thread is held out; base rates and the tone-after-tone table come from the rest (add one), the mind's
    base rates from the profile, tempers from the rest as well. `gain` is how much better the mind does than the better of
    the two, with a 95 % interval over threads, and `weak` says that the interval does not lie above 0. A learned tone law is fitted
    anew to the rest alone. None where there are fewer than 20 replies to score.
    """
    posts = case.folder.read_table("posts")
    replies = _replies(posts, case.incident.place)
    rest, held = replies.filter(pl.col("thread") % 2 == 1), replies.filter(pl.col("thread") % 2 == 0)
    taught = _taught(case, posts, rest) if case.learned_tones else None
    if taught is not None:
        held = held.filter(pl.col("post").is_in(list(taught)))
    held = held.head(MOST if case.words is None else MOST_ASKED)
    if held.height < 20 or rest.is_empty():
        return None
    after = np.ones((HOSTILE + 1, HOSTILE + 1))
    np.add.at(after, (rest["parent_tone"].to_numpy(), rest["tone"].to_numpy()), 1)
    base = after.sum(axis=0) / after.sum()
    markov = after / after.sum(axis=1, keepdims=True)
    tone, before = held["tone"].to_numpy(), held["parent_tone"].to_numpy()
    told = (
        _probabilities(case, mind, held, rest, posts)
        if taught is None
        else np.array([taught[post] for post in held["post"].to_list()])
    )
    if taught is not None and isinstance(mind, LearnedLLMMind):
        told = _moved(told, mind, _asked(case, held, rest, posts))
    own, rates, table = (
        np.log2(told[np.arange(len(tone)), tone]),
        np.log2(base[tone]),
        np.log2(markov[before, tone]),
    )
    gain = mean_difference(
        own - (rates if rates.mean() >= table.mean() else table), held["thread"].to_numpy()
    )
    return {
        "acts": held.height,
        "mind": float(own.mean()),
        "base_rates": float(rates.mean()),
        "markov": float(table.mean()),
        "gain": gain._asdict(),
        "weak": gain.low is None or gain.low <= 0,
    }


def _taught(case: "RecordedCase", posts: pl.DataFrame, rest: pl.DataFrame) -> dict[int, np.ndarray] | None:
    """Probabilities (3,) of each reply's tone by its post's number, of a tone law that only the threads of `rest` have taught."""
    from threadpoolctl import threadpool_limits

    from windtunnel.analysis.learned.forward.tones import (
        LEAST,
        Replies,
        common_shares,
        law_of_replies,
        walked,
    )
    from windtunnel.analysis.learned.parts.tone import MOST as MOST_TAUGHT
    from windtunnel.analysis.learned.record import record_of

    record = record_of(posts)
    early = np.flatnonzero(np.isin(record.post, rest["post"].to_numpy()))
    common = common_shares(record, early)
    replies = walked(record, common)
    mine = np.flatnonzero(np.isin(replies.row, early))[-MOST_TAUGHT:]
    if len(mine) < LEAST:
        return None
    with threadpool_limits(1):
        law = law_of_replies(
            Replies(*(each[mine] for each in replies)), record.thread[replies.row[mine]], common
        )
    odds = np.column_stack([np.zeros(len(replies.row)), law.log_odds(replies.terms)])
    chances = np.exp(odds - np.logaddexp.reduce(odds, axis=1)[:, None])
    return dict(zip(record.post[replies.row].tolist(), chances, strict=True))


def _replies(posts: pl.DataFrame, thread: int | None) -> pl.DataFrame:
    """Replies of other threads whose tone and whose parent's are known, with what a member saw."""
    code = {name: place for place, name in enumerate(_TONES)}
    known = posts.with_columns(tone=pl.col("tone").replace_strict(code, default=None, return_dtype=pl.Int64))
    parents = known.select(parent="post", parent_tone="tone", parent_author="author")
    first = known.group_by("author").agg(first=pl.col("minute").min())
    rows = known.join(parents, on="parent", maintain_order="left").join(
        first, on="author", how="left", maintain_order="left"
    )
    rows = rows.filter((pl.col("thread") != thread) & (pl.col("kind") == "reply"))
    return rows.drop_nulls(["tone", "parent_tone", "author"]).sort("minute", "post")


def _probabilities(
    case: "RecordedCase", mind: Mind, held: pl.DataFrame, rest: pl.DataFrame, posts: pl.DataFrame
) -> np.ndarray:
    """The mind's (n, 3) probabilities of a reply's tone, given that the member replies to this post."""
    asked = _asked(case, held, rest, posts)
    chosen = _tones(mind.decide([asked])[0], asked)
    return np.exp(chosen - np.logaddexp.reduce(chosen, axis=1)[:, None])


def _moved(told: np.ndarray, mind: LearnedLLMMind, asked: Situations) -> np.ndarray:
    """Probabilities (n, 3) of a learned tone law as the language model moves them."""
    moved = np.log(told) + _tones(mind.shift([asked])[0], asked)
    return np.exp(moved - np.logaddexp.reduce(moved, axis=1)[:, None])


def _tones(rows: np.ndarray | Unanswered, asked: Situations) -> np.ndarray:
    """Columns (n, 3) of civil, heated and hostile replies; `ValueError` where there was no answer."""
    if isinstance(rows, Unanswered):
        raise ValueError(f"the mind gave no answer: {rows.stage}: {rows.reason}")
    return rows[:, [list(asked.scene.actions.names).index(f"reply_{tone}") for tone in _TONES]]


def _asked(case: "RecordedCase", held: pl.DataFrame, rest: pl.DataFrame, posts: pl.DataFrame) -> Situations:
    """What is told to those who wrote these replies, before they did."""
    kind = case.experiment.builder()
    scene = kind.scenes(case.experiment.raised())[0]
    names = [feature.name for feature in scene.features]
    features = np.zeros((held.height, len(names)))
    tempers = _tempers(rest)
    columns = {
        "tone": held["parent_tone"].to_numpy(),
        "temper": np.array([tempers.get(author, 0.0) for author in held["author"].to_list()]),
        "newcomer": ((held["minute"] - held["first"]) < kind.profile.window_hours * 60).to_numpy(),
        "heat": np.log1p(_heat(held, kind.settings.heat, kind.settings.heat_half_life)),
    }
    for name, values in columns.items():
        features[:, names.index(name)] = values
    options = np.ones((held.height, len(scene.actions.names)), bool)
    nobody = np.ones(held.height, np.int64)
    new = features[:, names.index("newcomer")] > 0
    who = [scene.personas[NEWCOMER_PERSONA if late else ORDINARY].told for late in new]
    told = _Telling(case.folder.path, posts)
    return Situations(
        scene,
        features,
        options,
        nobody,
        np.arange(held.height),
        describe=lambda row: [*told.lines(held.row(row, named=True)), Line("member", who[row])],
    )


class _Telling:
    """What a member is told before it replies in a recorded thread: the posts up to then, and the one that it answers."""

    def __init__(self, folder: Path, posts: pl.DataFrame) -> None:
        self.folder, self.posts = folder, posts
        self.members: dict[str | None, int] = {}

    @cached_property
    def about(self) -> Callable[[int, str | None], About]:
        """Whose words a post holds; read when a mind is told words at all."""
        return read_identities(self.folder).about

    def lines(self, reply: dict[str, Any]) -> list[Line]:
        here = pl.col("thread") == reply["thread"]
        before = self.posts.filter(here & (pl.col("post") < reply["post"])).sort("minute", "post")
        told = pl.concat([before.head(1), before.slice(1).tail(POSTS_TOLD - 1)])
        lines = [Line("looking", "The thread, oldest first:")]
        lines += [self._post(row, reply, before) for row in told.iter_rows(named=True)]
        answered = before.filter(pl.col("post") == reply["parent"]).to_dicts()
        for row in answered:
            to = self._author(row["parent"], before)
            mine = row["author"] is not None and row["author"] == reply["author"]
            whose = (
                f"your own {row['tone']} post"
                if mine
                else f"the {row['tone']} post of {self._name(row['author'])}"
            )
            whom = "you" if to == reply["author"] else self._name(to)
            words = f"You are looking at {whose}." + (
                f" It answers {whom}." if to and to != row["author"] else ""
            )
            lines.append(Line("looking", words))
        wrote = before.filter(pl.col("author") == reply["author"]).height
        lines.append(
            Line(
                "member",
                f"You have written {wrote} post{'s' * (wrote != 1)} here."
                if wrote
                else "You have not written here yet.",
            )
        )
        return lines

    def _post(self, row: dict[str, Any], reply: dict[str, Any], before: pl.DataFrame) -> Line:
        to = self._author(row["parent"], before)
        answered = None if row["parent"] is None else to or SOMEBODY
        name = self._name(to) if to else SOMEBODY
        head = headed(
            self._name(row["author"]), row["author"] or row["post"], answered, name, reply["author"]
        )
        text = told_words(row.get("text"))
        said = f": {quoted(text)}" if text else ""
        age = round((reply["minute"] - row["minute"]) / 60)
        about = self.about(row["thread"], row["author"]) if text else None
        return Line("shown", f"{head}: {row['tone'] or 'civil'}, {age} h ago{said}", about)

    def _name(self, author: str | None) -> str:
        return f"regular {self.members.setdefault(author, len(self.members) + 1)}"

    @staticmethod
    def _author(post: int | None, before: pl.DataFrame) -> str | None:
        found = before.filter(pl.col("post").eq_missing(post))["author"]
        return found[0] if len(found) else None


def _tempers(rest: pl.DataFrame) -> dict[str, float]:
    from windtunnel.analysis.why.forum.around import PRIOR_POSTS

    common = float(np.clip((rest["tone"] > 0).mean(), 0.01, 0.99))  # type: ignore[arg-type]
    each = rest.group_by("author").agg(count=pl.len(), heated=(pl.col("tone") > 0).sum())
    share = (each["heated"].to_numpy() + PRIOR_POSTS * common) / (each["count"].to_numpy() + PRIOR_POSTS)
    temper = np.clip(np.log(share / (1 - share)) - np.log(common / (1 - common)), -2, 2)
    return dict(zip(each["author"].to_list(), temper.tolist(), strict=True))


def _heat(replies: pl.DataFrame, added: np.ndarray, half_life: float) -> np.ndarray:
    """Heat of each reply's thread just before it, from the replies that are scored."""
    out = np.zeros(replies.height)
    state: dict[int, tuple[float, int]] = {}
    rows = zip(
        replies["thread"].to_list(), replies["minute"].to_list(), replies["tone"].to_list(), strict=True
    )
    for place, (thread, minute, tone) in enumerate(rows):
        heat, since = state.get(thread, (0.0, minute))
        out[place] = heat * 0.5 ** ((minute - since) / 60 / half_life)
        state[thread] = (out[place] + float(added[tone]), minute)
    return out
