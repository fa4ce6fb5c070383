"""Weeks that learned members make: do they look like the record's, and who is still there after six?

    python bench/learned_forward.py IMPORTED FOLDER [--draws 6] [--first 0] [--weeks 26] [--warm 6] [--train 0.6] [--days 7]

The law is fitted to the first `--train` of the record. *Cold*: from members as the record left them and no thread (`--nobody`: from
nothing), the last span before weeks 6, 12 and `--weeks`, of those that hold a whole one.
*Warm*: from the record's state at `--warm` days after that, one span each, newcomers at the rate of the four weeks before. Bands
are those of all spans of the record, the held-out ones among them. The last line is one JSON document; `rows` has each figure
beside what is asked.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import polars as pl
import yaml
from learned_cost import measure

from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.learned.forward.fit import fitted_law
from windtunnel.analysis.learned.record import CommunityRecord, read_record
from windtunnel.analysis.structure import bands as band
from windtunnel.analysis.structure.classifier import threads_of, told_apart, what_tells
from windtunnel.analysis.structure.measures import PUBLISHED, SAID, with_depths
from windtunnel.analysis.structure.posts import of_import, posts_of_run
from windtunnel.sim.communities.forum.learned.law import Law
from windtunnel.sim.communities.forum.learned.members import recorded_size
from windtunnel.sim.communities.forum.profile import read_profile
from windtunnel.sim.events import links
from windtunnel.sim.experiment import Unit
from windtunnel.sim.lock_step import lock_step
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world

WEEK = 7 * 1440.0
TELLING = 8
"""Features shown of those by which the classifier tells."""
BUSY, FORTNIGHT, LATER = 15, 14 * 1440, 42 * 1440
"""Who stays: members with so many acts in a fortnight, and their acts in the fortnight that ends so many minutes later."""


def world_of(folder: Path, law: Law, size: int, steps: int, draw: int, *more: str) -> Any:
    """A world that has run its steps: the place itself without moderation, policy or spark."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "learned.yaml"
        file.write_text(yaml.safe_dump({"forward": law.model_dump(mode="json")}))
        words = [f"community.profile={folder}", "mind=learned", f"mind.file={file}", f"community.size={size}"]
        words += [f"steps={steps}", "baseline=none", "policy=none", "community.settings.spark_step=null"]
        made = plan(compose([*words, *more]))
    world, mind = make_world(made.experiment, Unit(draw, 0, "baseline")), make_mind(made.experiment)
    failed = lock_step([world], mind, steps)
    assert not failed, failed
    return world


def posts_of(world: Any) -> pl.DataFrame:
    unit, forum = Unit(world.draw, 0, "baseline"), world.community
    people = forum.members.frame(*unit, tuple(one.name for one in forum.scene.personas), world.now)
    events = world.log.frame(*unit)
    return posts_of_run(events, links(unit, *forum.links()), people, world.step_hours, len(forum.scenes))


def beside(
    several: list[tuple[pl.DataFrame, float, float]], real: pl.DataFrame, days: float
) -> dict[str, Any]:
    """Spans (posts, begin, end) against the record's bands and threads."""
    truth = band.spans_of(real, days)
    bands = band.bands_of(truth)
    spans = [band.spans_of(posts, days, begin, end) for posts, begin, end in several]
    means = band.mean_of(spans)
    inside = band.held(means, bands)
    length, whole = days * 1440, with_depths(real)
    theirs = pl.concat([threads_of(whole, at, at + length) for at in truth.begins.tolist()])
    ours = pl.concat([threads_of(with_depths(posts), begin, end) for posts, begin, end in several])
    told = told_apart(theirs, ours)
    return {
        "published": inside.published,
        "all": inside.all,
        "reciprocity": round(means["reciprocity"], 3),
        "reciprocity_in_band": bands["reciprocity"].holds(means["reciprocity"]),
        "outside": [name for name in SAID if not bands[name].holds(means[name])],
        "auc": None if told is None else [round(each, 3) for each in told[:3]] + [told.other],
        "tells": [(name, *(round(each, 3) for each in found)) for name, *found in what_tells(theirs, ours)],
        "acts": round(
            float(
                np.mean([posts.filter(pl.col("minute").is_between(b, e)).height for posts, b, e in several])
            )
        ),
        "means": {name: round(value, 4) for name, value in means.items()},
    }


def until(record: CommunityRecord, minute: float) -> CommunityRecord:
    return record.until(int(np.searchsorted(record.minute, minute)))


def starts_of(record: CommunityRecord, first: float, count: int, days: float) -> list[int]:
    """Minutes of the held-out part, evenly spread, with a whole span after each and no hole near."""
    last = float(record.minute[-1]) - days * 1440
    every = np.linspace(first, last, 4 * count)
    free = [
        int(at) for at in every if not any(h.first - 1440 * days < at < h.last + WEEK for h in record.holes)
    ]
    return [free[place] for place in np.linspace(0, len(free) - 1, count).astype(int)] if free else []


def stays(
    folder: Path, record: CommunityRecord, law: Law, size: int, start: int, draws: range
) -> dict[str, Any]:
    """Acts six weeks on of the members with `BUSY` acts in the fortnight before `start`: recorded, and simulated."""
    named = [None if author < 0 else record.authors[author] for author in record.author]
    table = pl.DataFrame({"author": named, "minute": record.minute}).drop_nulls()
    before = table.filter(pl.col("minute").is_between(start - FORTNIGHT, start, closed="left"))
    busy = before.group_by("author").len().filter(pl.col("len") >= BUSY)["author"].to_list()
    then = pl.col("minute").is_between(start + LATER - FORTNIGHT, start + LATER, closed="left")
    real = table.filter(then & pl.col("author").is_in(busy)).height
    found = []
    for draw in draws:
        world = world_of(folder, law, size, LATER // 60, draw, "mind.start=warm", f"mind.minute={start}")
        forum = world.community
        rows = {name: row for row, name in enumerate(_names(record, start), 1)}
        mine = {rows[name] for name in busy}
        late = forum.posts.step >= (LATER - FORTNIGHT) // 60
        found.append(int(np.isin(forum.posts.author[late], list(mine)).sum()))
    return {"members": len(busy), "recorded": real, "simulated": float(np.mean(found)), "start": start}


def _names(record: CommunityRecord, minute: int) -> list[str | None]:
    """Who has which row of a warm start, strangers as None: as `learned.past.recorded` numbers them."""
    from windtunnel.analysis.learned.forward.replay import with_strangers

    early = until(record, minute)
    member, stranger = with_strangers(early)
    _, first = np.unique(member, return_index=True)
    order = member[np.sort(first)]
    return [early.authors[who] if who < stranger else None for who in order]


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first draw: others have other luck"
    )
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--warm", type=int, default=6)
    parser.add_argument("--train", type=float, default=0.6)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument(
        "--cost",
        action="store_true",
        help="only what bench/learned_cost.py measures: processor time beside rules",
    )
    parser.add_argument("--nobody", action="store_true", help="a cold start begins with nobody")
    asked = parser.parse_args()
    if asked.cost:
        print(json.dumps(measure(asked.folder, pairs=3)))
        return
    record, real = read_record(asked.folder), of_import(Folder(asked.folder))
    cut = float(record.minute[-1]) * asked.train
    began = time.perf_counter()
    law = fitted_law(until(record, cut))
    fit_s = time.perf_counter() - began
    size = round(recorded_size(law, read_profile(asked.folder / "profile.yaml")))
    length = asked.days * 1440
    rows: list[dict[str, Any]] = []

    def row(what: str, measured: Any, wanted: str, reached: bool | None) -> None:
        rows.append({"row": what, "measured": measured, "asked": wanted, "reached": reached})
        print(
            f"{what}: {measured} (asked: {wanted}; {'reached' if reached else 'not asked' if reached is None else 'missed'})"
        )

    starts = starts_of(record, cut, asked.warm, asked.days)
    warm = []
    for draw, start in enumerate(starts, asked.first):
        late = fitted_level(until(record, start), law)
        world = world_of(
            asked.folder, late, size, round(length / 60), draw, "mind.start=warm", f"mind.minute={start}"
        )
        warm.append((posts_of(world), 0.0, length))
    if warm:
        _tell(row, "warm", beside(warm, real, asked.days))
    real_acts = _typical(real, asked.days)
    weeks = sorted({week for week in (6, 12, asked.weeks) if length / WEEK <= week <= asked.weeks})
    empty = ("mind.weeks_before=0", f"mind.core={str(not asked.nobody).lower()}")
    began, draws = time.perf_counter(), range(asked.first, asked.first + asked.draws)
    runs = [posts_of(world_of(asked.folder, law, size, asked.weeks * 168, draw, *empty)) for draw in draws]
    run_s = (time.perf_counter() - began) / asked.draws
    every = []
    for week in weeks:
        spans = [(posts, week * WEEK - length, week * WEEK) for posts in runs]
        every += spans
        found = beside(spans, real, asked.days)
        _tell(row, f"cold after {week} weeks", found)
        share = found["acts"] / real_acts - 1
        row(
            f"acts a span after {week} weeks",
            f"{share:+.0%} of {real_acts:.0f}",
            "within 15 %",
            abs(share) <= 0.15,
        )
    pooled = beside(every, real, asked.days)
    if pooled["auc"]:
        auc = pooled["auc"]
        row(
            "thread classifier, all cold spans",
            auc,
            "<= .68 at >= 400 threads",
            auc[0] <= 0.68 and auc[3] >= 400,
        )
    _what_tells(row, "all cold spans", pooled)
    kept = stays(asked.folder, record, law, size, int(cut), draws)
    ratio = kept["simulated"] / max(kept["recorded"], 1)
    row("who stays", {**kept, "ratio": round(ratio, 2)}, ">= .5", ratio >= 0.5)
    print(
        json.dumps(
            {
                "folder": asked.folder.name,
                "size": size,
                "fit_s": round(fit_s, 1),
                "run_s": round(run_s, 1),
                "draws": asked.draws,
                "first": asked.first,
                "hotness": law.hotness,
                "rows": rows,
            }
        )
    )


def fitted_level(record: CommunityRecord, law: Law) -> Law:
    """The law with newcomers as in the last weeks of this record."""
    from windtunnel.analysis.learned.forward.fit import newcomers
    from windtunnel.analysis.learned.forward.rates import Clock
    from windtunnel.analysis.learned.forward.replay import lived

    clock = Clock(record)
    life = lived(record, np.zeros(len(record), bool))
    return law.model_copy(update={"newcomers": newcomers(life, clock)})


def _typical(real: pl.DataFrame, days: float) -> float:
    """Acts of a mean span of the record, of those that count."""
    spans, minute = band.spans_of(real, days), real["minute"].to_numpy()
    return float(np.mean([((minute >= at) & (minute < at + days * 1440)).sum() for at in spans.begins]))


def _tell(row: Any, what: str, found: dict[str, Any]) -> None:
    reached = found["published"] >= 10 and found["all"] >= 16
    said = f"{found['published']} of {len(PUBLISHED)}, {found['all']} of {len(SAID)}; outside: {', '.join(found['outside']) or 'none'}"
    row(f"structure, {what}", said, ">= 10 of 11 and >= 16 of 19", reached)
    row(f"reciprocity, {what}", found["reciprocity"], "in band", found["reciprocity_in_band"])
    if found["auc"]:
        row(
            f"classifier, {what}",
            found["auc"],
            "<= .68 at >= 400 threads",
            found["auc"][0] <= 0.68 if found["auc"][3] >= 400 else None,
        )
    if what == "warm":
        _what_tells(row, what, found)


def _what_tells(row: Any, what: str, found: dict[str, Any]) -> None:
    """By what the classifier tells threads apart: feature, AUC that is lost without it, mean of real and of simulated threads."""
    if found["tells"]:
        row(f"what tells, {what}", found["tells"][:TELLING], "", None)


if __name__ == "__main__":
    main()
