"""The page's tables, each with the label under which a reader chooses it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from windtunnel.analysis.causal.necessity import CELLS
from windtunnel.analysis.comparison.markup import table
from windtunnel.analysis.comparison.sentences import net_words
from windtunnel.analysis.comparison.tables import (
    benefit_words,
    cost_words,
    share_words,
    worst_column,
    worst_words,
)
from windtunnel.analysis.numbers_in_words import change, figure, words
from windtunnel.analysis.outcomes.immovable import CANNOT
from windtunnel.analysis.summary import INSIDE

Record = Mapping[str, Any]
LAST = float("inf")


def memo_tables(record: Record) -> list[tuple[str, str]]:
    """The table for a memo in every order that a reader can ask for."""
    sign = 1 if record["direction"] == "preventive" else -1
    costs = list(dict.fromkeys(name for row in record["policies"] for name in row["costs"]))
    goods = {row["outcome"] for row in record["outcomes"] if row["polarity"] == "good"}
    orders: list[tuple[str, Callable[[Record], float]]] = [
        ("net change, best first", lambda row: _known(row["rd"]["est"], sign)),
        ("sufficiency, most first", lambda row: _known(row["ps"]["est"], -1)),
        ("necessity, most first", lambda row: _known(row["pn"]["est"], -1)),
        ("backfire, least first", lambda row: _known(row["backfire"]["est"], 1)),
        *(
            (
                f"{words(name)}, {'most' if name in goods else 'least'} first",
                lambda row, name=name: _known(row["costs"][name]["est"], -1 if name in goods else 1),  # type: ignore[misc]
            )
            for name in costs
        ),
        (
            "worst group, best first",
            lambda row: _known(row["worst_group"] and row["worst_group"]["change"]["est"], 1),
        ),
        ("as numbered", lambda row: 0.0),
    ]
    if record["payoff"]:
        orders.insert(
            1,
            (
                "benefit, most first",
                lambda row: _known(row["benefit"] and row["benefit"]["paired"]["est"], -1),
            ),
        )
    return [(label, _memo(record, sorted(record["policies"], key=key), costs)) for label, key in orders]


def outcome_tables(record: Record) -> list[tuple[str, str]]:
    """A table of all policies for each outcome."""
    names = list(dict.fromkeys(row["outcome"] for row in record["outcomes"]))
    return [
        (
            words(name),
            table(
                [
                    {
                        "policy": row["policy"],
                        "without": figure(row["without"]),
                        "with": figure(row["with"]),
                        "change (interval, alone)": change(*row["change"].values()),
                        "counted in": row["unit"],
                        "pairs that differ": f"{row['changed_pairs']} of {row['n_pairs']}",
                        "by construction": "yes"
                        if row["forced"]
                        else CANNOT
                        if row.get("cannot_move")
                        else "no",
                    }
                    for row in record["outcomes"]
                    if row["outcome"] == name
                ]
            ),
        )
        for name in names
    ]


def group_tables(record: Record) -> list[tuple[str, str]]:
    """A table of all policies for each group, and one of how evenly the gain is shared."""
    found = list(dict.fromkeys((row["kind"], row["group"]) for row in record["groups"]))
    harm, nouns = record["harm"], record["nouns"]
    shared = [
        {
            "policy": row["policy"],
            f"{nouns['members']} {harm['better']}": _of(row["exposures"], "better"),
            harm["worse"]: _of(row["exposures"], "worse"),
            "Gini of the gain over groups": _gini(row["exposures"]["gini_groups"]),
            "over members": _gini(row["exposures"]["gini_members"]),
            "worst group": worst_words(row),
        }
        for row in record["policies"]
        if row["exposures"] and harm
    ]
    note = f"Gini: 0 where all gain alike, near 1 where few gain all; a loss counts as no gain. {INSIDE}"
    return [
        ("how it is shared", table(shared, note)),
        *((words(group), _group(record, kind, group)) for kind, group in found),
    ]


def two_tables(record: Record) -> list[tuple[str, str]]:
    """A table for each policy of how it stands against each other one."""
    rows = record["pairs_of_policies"]
    names = [row["policy"] for row in record["policies"] if row["claim"] == "made"]
    return [
        (name, table([_against(row, name) for row in rows if name in (row["a"], row["b"])])) for name in names
    ]


def symbols_table(record: Record) -> list[dict[str, str]]:
    """The quantities with their symbols, as numbers with single intervals."""
    return [
        {"policy": row["policy"]}
        | {
            name: _three(row[key])
            for name, key in (
                ("RD = p1 - p0", "rd"),
                ("RD, simultaneous", "rd_simultaneous"),
                ("PS", "ps"),
                ("PN", "pn"),
                ("PNS", "pns"),
                ("backfire", "backfire"),
            )
        }
        for row in record["policies"]
    ]


def bounds_table(record: Record) -> list[dict[str, str]]:
    """The bounds of the quantities that hold however twins share chance, for each policy that makes a claim."""
    names = (("PS", "ps"), ("PN", "pn"), ("PNS", "pns"), ("backfire", "backfire"))
    return [
        {"policy": row["policy"]} | {symbol: _ends(row["bounds"][name]) for symbol, name in names}
        for row in record["policies"]
        if row["bounds"]
    ]


def _memo(record: Record, rows: Sequence[Record], costs: Sequence[str]) -> str:
    cells = CELLS[record["direction"]]
    preventive = record["direction"] == "preventive"
    lines = []
    for row in rows:
        at = {
            name: tuple(sum(row["table"][cell] for cell in part) for part in cells[name])
            for name in ("ps", "pn", "ps_backfire")
        }
        lines.append(
            {
                "policy": row["policy"] + (" (by construction)" if row["by_construction"] else ""),
                "verdict": row["verdict"] or ("withheld" if row["claim"] != "made" else "not asked"),
                "net change in futures (all intervals hold at once)": net_words(row),
                f"sufficient: {'stopped' if preventive else 'brought about'}, of those without it": share_words(
                    row, "ps", at["ps"]
                ),  # type: ignore[arg-type]
                f"needed: of those {'calm' if preventive else 'good'} with it": share_words(
                    row, "pn", at["pn"]
                ),  # type: ignore[arg-type]
                f"backfired: {'caused, of those calm' if preventive else 'prevented, of those good'} without it": share_words(
                    row, "ps_backfire", at["ps_backfire"]
                ),  # type: ignore[arg-type]
                **{f"{words(name)}, a future": cost_words(row["costs"].get(name)) for name in costs},
                **worst_column(record, row),
                **({"benefit a future, at your payoffs": benefit_words(row)} if record["payoff"] else {}),
            }
        )
    return table(lines)


def _group(record: Record, kind: str, group: str) -> str:
    rows = [
        {
            "policy": row["policy"],
            "measure": row["unit"],
            "without": figure(row["without"]),
            "with": figure(row["with"]),
            "change (all hold at once)": change(*row["simultaneous"].values()),
            "reading": "harmed" if row["harmed"] else "helped" if row["helped"] else "unclear",
            "active members": f"{figure(row['members'])} in each of {row['n_pairs']} pairs",
        }
        for row in record["groups"]
        if (row["kind"], row["group"]) == (kind, group)
    ]
    return table(rows)


def _against(row: Record, name: str) -> dict[str, str]:
    mine, other = ("a", "b") if row["a"] == name else ("b", "a")
    said = "cannot be told apart" if not row["told_apart"] else f"{row['better']} is better"
    if row["for_everyone"]:
        said += ", for every group"
    return {
        "against": row[other],
        "happened with this one": f"{row[f'happened_{mine}']} of {row['n_pairs']}",
        "with the other": f"{row[f'happened_{other}']} of {row['n_pairs']}",
        "only with this one": str(row[f"only_{mine}"]),
        "only with the other": str(row[f"only_{other}"]),
        "difference in futures (all hold at once)": _difference(row, mine, other),
        "reading": said,
    }


def _difference(row: Record, mine: str, other: str) -> str:
    """Futures with the outcome under the one less those under the other."""
    found = row["simultaneous"]
    low, high = found["low"], found["high"]
    if mine == "b" and low is not None:
        low, high = -high, -low
    return net_words(
        {
            "rd": row["difference"],
            "table": {"n01": row[f"only_{mine}"], "n10": row[f"only_{other}"]},
            "n_pairs": row["n_pairs"],
            "rd_simultaneous": {"low": low, "high": high},
        }
    )


def _known(value: float | None, sign: int) -> float:
    return LAST if value is None else sign * value


def _of(found: Record, key: str) -> str:
    return f"{found[key]:,} of {found['members']:,}"


def _gini(value: float | None) -> str:
    return "nobody gains" if value is None else f"{value:.2f}"


def _ends(found: Record | None) -> str:
    return "undefined" if found is None else f"{found['low']:.3f} to {found['high']:.3f}"


def _three(found: Record) -> str:
    if found["est"] is None:
        return "-"
    ends = "no interval" if found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"
    return f"{found['est']:.3f} ({ends})".replace("-", "\u2212")
