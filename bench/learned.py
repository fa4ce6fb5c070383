"""What records teach about members, measured against what is asked: who, thread, post, when, whether, tone, held out.

    python bench/learned.py [IMPORTED FOLDER …] [--data FOLDER] [--only NAME …] [--cut SHARE] [--half first|last]

Without a folder the recorded communities under `--data` are imported first (not part of this project). Each part is fitted to the first 70 % of
the replies and scored on the later ones; gains are bits an act over the named baseline, with 95 % intervals over threads. "Product form" is
the form of the rules (powers of size and age; root, replies and age) refitted by likelihood to the same acts. `100 own acts` fits to
that many alone, in ten draws. r/Ireland has a split and likelihoods of its authors; one exponential and the mixture of two with gamma
hotness are fitted here again and must come out as in its SOURCE.md. The last line is one JSON object.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from corpora import CORPORA, SHARED, bring_in
from ireland import ireland_rows
from threadpoolctl import threadpool_limits

from windtunnel.analysis.learned import scored
from windtunnel.analysis.learned.choices import TRAIN_SHARE, gather, train_until
from windtunnel.analysis.learned.fit import MOST_POSTS, MOST_WAITS, unasked
from windtunnel.analysis.learned.held_out import interval
from windtunnel.analysis.learned.logit import fit_logit
from windtunnel.analysis.learned.parts import tone, when
from windtunnel.analysis.learned.record import CommunityRecord, read_record

FLOORS = ("r/Feminism", "#ubuntu", "bicycles.meta")
"""Communities on which the floors are to hold; others that are imported here are printed without."""
ASKED = {
    ("who", "activity share"): 1.5,
    ("who", "activity, recency and hour"): 0.2,
    ("thread", "product form"): 0.6,
    ("post", "product form"): 0.25,
    ("when", "waiting-time law"): 0.1,
}
LEAST_AUC = 0.7
TODAY = {"r/Feminism": -8.61}
"""Bits of a whole reply (who, post and tone, thread and time given) of the members before they learned, at faad972."""
CEILING_COUNTS, CEILING_SHARE = 0.02, 0.8
OWN_ACTS, DRAWS = 100, 10
KEPT_MEDIAN, KEPT_LEAST = 0.9, 0.7
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="IMPORTED FOLDER")
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument(
        "--only", nargs="*", choices=sorted(CORPORA), help="of the recorded communities these alone"
    )
    parser.add_argument(
        "--cut", type=float, default=TRAIN_SHARE, help="share of the replies that is fitted to"
    )
    parser.add_argument("--half", choices=("first", "last"), help="of each record, as if it were all")
    asked = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place, threadpool_limits(1):
        for name, folder, floors in _records(asked, Path(place)):
            began = time.perf_counter()
            record = half_of(read_record(folder, MOST_POSTS), asked.half)
            found = [row | {"corpus": name} for row in measured(name, record, floors, asked.cut)]
            _say(found)
            print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
            rows += found
    if not asked.folders and (not asked.only or "r/Ireland" in asked.only):
        found = ireland_rows(asked.data / "reddit-ireland-2019")
        _say(found)
        rows += found
    if kept := [
        row["gain"] for row in rows if row["part"] == "kept with 100 own acts" and row["asked"] is not None
    ]:
        median = float(np.median(kept))
        row = _row(
            "kept with 100 own acts, median", None, median, asked=KEPT_MEDIAN, met=median >= KEPT_MEDIAN
        )
        rows.append(row | {"corpus": "all with floors"})
        _say(rows[-1:])
    missed = sum(row["met"] is False for row in rows)
    print(json.dumps({"rows": rows, "asked": sum(row["met"] is not None for row in rows), "missed": missed}))


def _records(asked: argparse.Namespace, place: Path) -> Iterator[tuple[str, Path, bool]]:
    if asked.folders:
        yield from ((folder.resolve().name, folder, True) for folder in asked.folders)
        return
    for name in CORPORA:
        if name != "r/Ireland" and (not asked.only or name in asked.only):
            yield name, bring_in(name, place, asked.data), name in FLOORS


def half_of(record: CommunityRecord, which: str | None) -> CommunityRecord:
    """The record, or its first or last half of posts alone."""
    if which is None:
        return record
    return record.until(len(record) // 2) if which == "first" else record.latest(len(record) // 2)


def measured(name: str, record: CommunityRecord, floors: bool, share: float = TRAIN_SHARE) -> list[Row]:
    """A row for each part and baseline of one community."""
    cut = train_until(record, share)
    rows: list[Row] = []
    bits: dict[str, np.ndarray] = {}
    not_asked = unasked(record)
    for why in dict.fromkeys(not_asked.values()):
        print(f"{name}: {', '.join(part for part, each in not_asked.items() if each == why)}: {why}")
    wanted = ("thread",) if "author" in record.lacks else ("who", "thread", "post")
    asked = tuple(part for part in wanted if part not in not_asked)
    clusters = {}
    for part, split in gather(record, asked, until=cut).items():
        if why := scored.few(split):
            print(f"{name}: {part}: {why}")
            continue
        bits[part], bases = scored.choice_bits(part, split)
        clusters[part] = split.held.cluster
        for base, told in bases.items():
            rows.append(
                _gain(part, base, told, bits[part], split.held.cluster, ASKED[part, base] if floors else None)
            )
        if "author" not in record.lacks:
            rows.append(_kept(part, split, next(iter(bases.values())), bits[part], floors))
    if "when" not in not_asked:
        parts = scored.when_parts(when.waits(record, cut, *MOST_WAITS), cut)
        for part in ("when", "whether"):
            rows += _of_part(part, parts[part], floors)
    rows += _tone_rows(record, cut, floors, bits, clusters)
    if name in TODAY and {"who", "post", "tone"} <= set(bits):
        rows.append(_whole(TODAY[name], bits, clusters))
    return rows


def _of_part(part: str, found: Any, floors: bool) -> Iterator[Row]:
    for score in found.scores:
        gain = score.gain
        floor = ASKED.get((part, score.base)) if floors else None
        met = None if floor is None else bool(gain.est >= floor and (gain.low or 0) > 0)
        yield _row(part, score.base, gain.est, gain.low, gain.high, score.bits_base, floor, met)
    if part == "whether" and found.extra.get("auc") is not None:
        auc = found.extra["auc"]
        asked = LEAST_AUC if floors else None
        yield _row("whether, AUC", None, auc, asked=asked, met=None if asked is None else auc >= asked)


def _tone_rows(
    record: CommunityRecord,
    cut: int,
    floors: bool,
    bits: dict[str, np.ndarray],
    clusters: dict[str, np.ndarray],
) -> Iterator[Row]:
    given = tone.gather(record)
    if (
        given is None
        or not scored.LEAST_HELD <= (given.row >= cut).sum() < len(given.row) - scored.LEAST_FITTED
    ):
        return
    rates, own, clear, held, _ = scored.tone_scores(given, cut)
    bits["tone"], clusters["tone"] = own, held.cluster
    ceiling = interval(clear - rates, held.cluster)
    floor = max(0.0, CEILING_SHARE * ceiling.est) if ceiling.est > CEILING_COUNTS else 0.0
    row = _gain("tone", "base rates", rates, own, held.cluster, None)
    met = bool(row["gain"] >= floor) if floors else None
    yield row | {"asked": round(floor, 4) if floors else None, "met": met}
    yield _row("tone, clairvoyant", "base rates", ceiling.est, ceiling.low, ceiling.high, float(rates.mean()))


def _gain(
    part: str, base: str, of_base: np.ndarray, own: np.ndarray, cluster: np.ndarray, floor: float | None
) -> Row:
    found = interval(own - of_base, cluster)
    met = None if floor is None else bool(found.est >= floor and found.low is not None and found.low > 0)
    return _row(part, base, found.est, found.low, found.high, float(of_base.mean()), floor, met)


def _kept(part: str, split: Any, base: np.ndarray, own: np.ndarray, floors: bool) -> Row:
    """Share of the gain that is left where 100 acts alone are fitted to, mean of some draws of them."""
    whole, shares = float((own - base).mean()), []
    for draw in range(DRAWS):
        rows = np.random.default_rng(draw).choice(
            len(split.fitted), min(OWN_ACTS, len(split.fitted)), replace=False
        )
        few = fit_logit(split.fitted.only(np.sort(rows)), ridge=scored.ridges(part), errors=False).bits(
            split.held
        )
        shares.append(float((few - base).mean()) / whole)
    kept = float(np.mean(shares))
    row = _row(
        "kept with 100 own acts", part, kept, min(shares), max(shares), whole, KEPT_LEAST if floors else None
    )
    return row | {"met": kept >= KEPT_LEAST if floors else None}


def _whole(today: float, bits: dict[str, np.ndarray], clusters: dict[str, np.ndarray]) -> Row:
    """Who, post and tone together; the parts' samples differ, so their errors are added as independent ones."""
    found = [interval(bits[part], clusters[part]) for part in ("who", "post", "tone")]
    gain = sum(each.est for each in found) - today
    half = float(np.sqrt(sum(((each.high or 0) - (each.low or 0)) ** 2 for each in found))) / 2
    return _row("whole reply", "today (faad972)", gain, gain - half, gain + half, today, 2.5, gain >= 2.5)


def _row(
    part: str,
    base: str | None,
    gain: float,
    low: float | None = None,
    high: float | None = None,
    bits_base: float | None = None,
    asked: float | None = None,
    met: bool | None = None,
) -> Row:
    numbers = {"gain": gain, "low": low, "high": high, "bits_base": bits_base, "asked": asked}
    rounded = {name: None if each is None else round(float(each), 4) for name, each in numbers.items()}
    return {"corpus": "", "part": part, "base": base, **rounded, "met": met}


def _say(rows: list[Row]) -> None:
    for row in rows:
        limits = "" if row["low"] is None else f" [{row['low']:+.3f}, {row['high']:+.3f}]"
        asked = (
            ""
            if row["asked"] is None
            else f"  asked {row['asked']:+.3f}: {'met' if row['met'] else 'MISSED'}"
        )
        base = f" over {row['base']}" if row["base"] else ""
        start = "" if row["bits_base"] is None else f" ({row['bits_base']:.3f})"
        print(f"{row['corpus']}: {row['part']}{base}{start}: {row['gain']:+.3f}{limits}{asked}", flush=True)


if __name__ == "__main__":
    main()
