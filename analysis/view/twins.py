"""One pair of twins as a page watches it: what was done in each at every step, where they part, and all pairs at a glance."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.view.contents import read
from windtunnel.sim.communities import declared
from windtunnel.sim.community import Declared

ARMS = ("baseline", "policy")
PAIR = ["draw", "seed"]
KEPT = 4
MOST_EVENTS = 10_000_000
"""In a run with more events than this nobody looks where each of its pairs parts."""
UNTOLD = ("text", "ordinal", "arm")


class Twins(NamedTuple):
    """`events`, `links`, `measures` and `members` are those of both arms of one pair; `parted` is the first step at which members
    do something else in the one than in the other (None: never), `who` those who then do."""

    folder: Path
    draw: int
    seed: int
    steps: int
    hours: float
    declared: Declared
    community: str
    policy: str
    events: pl.DataFrame
    links: pl.DataFrame
    measures: pl.DataFrame
    members: pl.DataFrame
    parted: int | None
    who: tuple[int, ...]

    def arm(self, name: str) -> pl.DataFrame:
        return self.events.filter(pl.col("arm") == name)


def read_twins(folder: Path, draw: int | None, seed: int | None) -> Twins:
    """The pair that is named, or the first whose twins part; `ValueError` where the run has none."""
    where = Folder(folder)
    if not where.manifest.is_file() or not where.table("events").is_file():
        raise ValueError(
            "there is no finished run here, so there are no twins to watch: choose a run on Home"
        )
    pairs = pairs_of(folder)
    if draw is None or seed is None:
        first = next((row for row in pairs if row["parted"] is not None), pairs[0] if pairs else None)
        if first is None:
            raise ValueError("no pair of this run is complete, so there are no twins to watch")
        draw, seed = first["draw"], first["seed"]
    elif not any((row["draw"], row["seed"]) == (draw, seed) for row in pairs):
        raise ValueError(f"this run has no complete pair of draw {draw} and seed {seed}")
    return _twins(str(folder), where.manifest.stat().st_mtime_ns, draw, seed)


@lru_cache(maxsize=KEPT)
def _twins(path: str, changed: int, draw: int, seed: int) -> Twins:
    where = Folder(path)
    config = read(where.manifest)["config"]
    events, links, members = (_of_pair(where, name, draw, seed) for name in ("events", "links", "members"))
    measures = where.read_counted().filter(pl.col("draw") == draw, pl.col("seed") == seed)
    steps = int(config["steps"])
    apart = only_in_one(events.lazy()).filter(pl.col("step") == pl.col("step").min()).collect()
    parted = None if apart.is_empty() else int(apart["step"][0])
    community = config["community"]
    return Twins(
        Path(path),
        draw,
        seed,
        steps,
        float(community.get("step_hours") or 1),
        declared(community),
        str(community["name"]),
        " and ".join(name for name, _ in config["policy"]).replace("_", " ") or "no policy",
        events.sort("step", "ordinal"),
        links,
        measures.filter(pl.col("arm").is_in(ARMS)),
        members,
        parted,
        tuple(apart["member"].unique().sort().to_list()),
    )


def known_member(twins: Twins, who: str) -> int:
    """The member that is called so; `ValueError` where there is none."""
    known = set() if twins.members.is_empty() else set(twins.members["member"].to_list())
    if not is_whole(who) or int(who) not in known:
        raise ValueError(f"there is no {twins.declared.nouns.member} {who[:20]!r} in this run")
    return int(who)


def _of_pair(where: Folder, name: str, draw: int, seed: int) -> pl.DataFrame:
    path = where.table(name)
    if not path.is_file():
        return pl.DataFrame()
    here = (pl.col("draw") == draw) & (pl.col("seed") == seed) & pl.col("arm").is_in(ARMS)
    return pl.scan_parquet(path, glob=False).filter(here).collect()


def only_in_one(events: pl.LazyFrame) -> pl.LazyFrame:
    """The acts of members that only one of two twins has; of many pairs at once."""
    acts = events.filter(pl.col("member").is_not_null())
    keys = [name for name in acts.collect_schema().names() if name not in UNTOLD]
    one, other = (acts.filter(pl.col("arm") == arm) for arm in ARMS)
    return pl.concat(
        [
            one.join(other, on=keys, how="anti", nulls_equal=True),
            other.join(one, on=keys, how="anti", nulls_equal=True),
        ]
    )


def pairs_of(folder: Path) -> list[dict[str, Any]]:
    """All complete pairs: `draw`, `seed`, whether it happened without and with (`y0`, `y1`), and the step at which they part."""
    where = Folder(folder)
    return _pairs(str(folder), where.manifest.stat().st_mtime_ns)


@lru_cache(maxsize=KEPT)
def _pairs(path: str, changed: int) -> list[dict[str, Any]]:
    where = Folder(path)
    table = where.read_table("pairs").drop_nulls(["y_baseline", "y_policy"])
    events = pl.scan_parquet(where.table("events"), glob=False).filter(pl.col("arm").is_in(ARMS))
    small = events.select(pl.len()).collect().item() <= MOST_EVENTS
    parted = (
        only_in_one(events if small else events.head(0))
        .group_by(PAIR)
        .agg(parted=pl.col("step").min())
        .collect()
    )
    both = table.select(pl.col(PAIR).cast(pl.Int32), y0="y_baseline", y1="y_policy").join(
        parted, on=PAIR, how="left"
    )
    return both.sort(PAIR).to_dicts()


@lru_cache(maxsize=KEPT)
def _course(path: str, changed: int) -> tuple[str, dict[str, list[tuple[float, float, float]]]]:
    where = Folder(path)
    config = read(where.manifest)["config"]
    found, steps = declared(config["community"]), int(config["steps"])
    if found.measures:
        name = next(iter(found.measures))
        table = where.read_counted().filter(pl.col("measure") == name, pl.col("arm").is_in(ARMS))
        each, said = (
            table.select(*PAIR, "arm", "step", "value"),
            f"{name.replace('_', ' ')} ({found.measures[name]})",
        )
    else:
        events = pl.scan_parquet(where.table("events"), glob=False).filter(pl.col("arm").is_in(ARMS))
        worst = found.levels[-1] if found.levels else None
        acts = events.filter(pl.col("member").is_not_null() if worst is None else pl.col("tone") == worst)
        counts = acts.group_by(*PAIR, "arm", "step").agg(value=pl.len().cast(pl.Float64)).collect()
        runs = (
            where.read_table("runs")
            .filter(pl.col("status") == "ok", pl.col("arm").is_in(ARMS))
            .select(*PAIR, "arm")
        )
        whole = runs.join(pl.DataFrame({"step": range(steps)}, schema={"step": pl.Int32}), how="cross")
        each = whole.join(counts, on=[*PAIR, "arm", "step"], how="left").with_columns(
            pl.col("value").fill_null(0)
        )
        said = f"{worst or 'all'} acts a {found.nouns.step}"
    spread = each.group_by("arm", "step").agg(
        low=pl.col("value").quantile(0.1), mean=pl.col("value").mean(), high=pl.col("value").quantile(0.9)
    )
    return said, {
        arm: [
            row[1:]
            for row in spread.filter(pl.col("arm") == arm)
            .sort("step")
            .select("step", "low", "mean", "high")
            .rows()
        ]
        for arm in ARMS
    }


def course(folder: Path) -> tuple[str, dict[str, list[tuple[float, float, float]]]]:
    """What all pairs come to step by step: what is counted, and for each arm its 10 %, mean and 90 % over pairs."""
    return _course(str(folder), Folder(folder).manifest.stat().st_mtime_ns)
