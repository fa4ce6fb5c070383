"""One forum as pages read it: an imported community, or one run of a simulated one, in the same tables."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl
from starlette.requests import Request

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.dates import start_of
from windtunnel.analysis.importers.imported.lacking import askable
from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.find import parse_rules
from windtunnel.analysis.incidents.forum.acts import moderation_of, read_acts
from windtunnel.analysis.incidents.forum.command import serves
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.incidents.forum.likely import mostly_unread
from windtunnel.analysis.incidents.moments import moment_cell
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.tones.by_hand import all_by_hand
from windtunnel.analysis.view.site import site_of

KEPT = 2
"""Forums whose tables are kept in memory."""
HARSH = ("heated", "hostile")


class Forum(NamedTuple):
    """`acts` as `incidents.forum.acts.ACTS` has them, of one run; `hours` a step of them lasts. `moderation` are the recorded
    acts of moderators (None where there are none); `posts` is the imported table itself, None of a run."""

    folder: Path
    acts: pl.DataFrame
    hours: float
    real: bool
    posts: pl.DataFrame | None
    moderation: pl.DataFrame | None
    runs: tuple[tuple[int, int, str], ...]
    run: tuple[int, int, str]

    @property
    def written(self) -> pl.DataFrame:
        """The posts among the acts."""
        return self.acts.filter(pl.col("post").is_not_null())

    @property
    def by_hand(self) -> bool:
        """Whether each tone of an imported community was set by hand, or came with it."""
        return self.posts is not None and all_by_hand(self.posts)

    def when(self, step: int) -> str:
        """A step as a date (UTC), where the record's start is known; else as a day and an hour from the beginning."""
        return moment_cell(step, self.hours, start_of(self.folder) if self.real else None)

    def run_words(self) -> list[str]:
        """The options of `windtunnel why` that name the run."""
        draw, seed, arm = self.run
        return [] if self.real else ["--draw", str(draw), "--seed", str(seed), "--arm", arm]


def forum_of(request: Request) -> Forum:
    """The forum that a request names by `out` and, of a run, by `draw`, `seed` and `arm`; `ValueError` where it has none."""
    given = request.query_params
    name = given.get("out", "")
    if not name:
        raise ValueError("this page is about a community or a run: choose one on Home")
    return read_forum(site_of(request).path(name), {key: given[key] for key in RUN if given.get(key)})


def read_forum(folder: Path, run: dict[str, str] | None = None) -> Forum:
    """The forum in a folder; the first run, if `run` does not name another."""
    files = [folder / name for name in ("posts.parquet", "events.parquet", "moderation.parquet")]
    seen = tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in files)
    whole = _read(str(folder), seen)
    wanted = {key: int(value) if is_whole(value) else value for key, value in (run or {}).items()}
    fitting = [
        one
        for one in whole.runs
        if all(dict(zip(RUN, one, strict=True))[key] == value for key, value in wanted.items())
    ]
    if not fitting:
        said = ", ".join(f"{key} {value}" for key, value in wanted.items())
        raise ValueError(f"there is no run of {said} here")
    here = fitting[0]
    acts = whole.acts.filter(*[pl.col(key) == value for key, value in zip(RUN, here, strict=True)])
    return whole._replace(acts=acts, run=here)


@lru_cache(maxsize=KEPT)
def _read(path: str, seen: tuple[int, ...]) -> Forum:
    folder = Path(path)
    place = Folder(folder)
    if not serves(place):
        raise ValueError(f"{folder.name} is a run of a community without threads: this page is for forums")
    acts, hours = read_acts(folder)
    real = not place.manifest.is_file()
    posts = place.read_table("posts") if real else None
    if posts is not None and "text" in posts.columns:
        posts = posts.with_columns(text=pl.when(pl.col("text").is_not_null()).then(pl.lit("said")))
    acts = acts.filter(pl.col("arm") != "aa")
    runs = tuple(acts.select(RUN).unique().sort("draw", "seed", "arm").iter_rows())
    if not runs:
        raise ValueError(f"nobody wrote anything in {folder.name}")
    return Forum(folder, acts, hours, real, posts, moderation_of(place) if real else None, runs, runs[0])


def incidents_of(forum: Forum, changed: list[str]) -> tuple[list[Incident], dict[str, Rule], str]:
    """The incidents by the declared rules, with the numbers that `changed` gives, and what is not listed in a sentence."""
    rules = load_rules(parse_rules(changed))
    left_out = ""
    if forum.real:
        rules, left_out = askable(forum.folder, rules)
    found = find(forum.acts, rules, forum.hours)
    if forum.posts is not None:
        unread = mostly_unread(forum.posts)
        found = [one for one in found if one.place not in unread]
    return found, rules, left_out


def threads_of(forum: Forum) -> pl.DataFrame:
    """One row a thread: thread, posts, members, first and last step, heated, hostile, removed, opener, locked."""
    found = (
        forum.written.group_by("place", maintain_order=True)
        .agg(
            posts=pl.len(),
            members=pl.col("member").n_unique(),
            first=pl.col("step").min(),
            last=pl.col("step").max(),
            heated=(pl.col("tone") == "heated").sum(),
            hostile=(pl.col("tone") == "hostile").sum(),
            removed=pl.col("removed").sum(),
            opener=pl.col("member").first(),
            names=pl.col("member").drop_nulls().unique(),
        )
        .rename({"place": "thread"})
    )
    return found.with_columns(locked=pl.col("thread").is_in(sorted(_locked(forum))))


def _locked(forum: Forum) -> set[int]:
    """Threads whose lock stands in the record."""
    if forum.moderation is None:
        return set()
    locks = forum.moderation.filter(pl.col("act") == "lock").drop_nulls("thread")
    return set(locks["thread"].to_list())
