"""`windtunnel list`: what there is to choose from."""

import argparse
from typing import Any

from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=(
            "policies",
            "communities",
            "minds",
            "outcomes",
            "incidents",
            "experiments",
            "profiles",
            "settings",
        ),
    )
    parser.add_argument(
        "--community", metavar="NAME", help="only policies, outcomes or incidents that fit this community"
    )
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    """A table of what there is to choose from, or the same as JSON; settings by group, policies with their parameters."""
    from windtunnel.analysis.terminal.listing import rows

    found = rows(asked.what)
    if asked.community is not None:
        found = _that_fit(asked.what, found, asked.community)
    if asked.json:
        print_json(found)
    else:
        _print(asked.what, found)
    return OK


def _that_fit(what: str, found: list[dict[str, Any]], community: str) -> list[dict[str, Any]]:
    from windtunnel.agents.nearest import nearest
    from windtunnel.policies.base import EVERY
    from windtunnel.sim.communities import community_names

    if not found or "fits" not in found[0]:
        raise ValueError(f"--community is for policies, outcomes and incidents, not for {what}")
    if community not in community_names():
        raise ValueError(f"no community is called {community!r}: {nearest(community, community_names())}")
    return [row for row in found if {community, EVERY} & set(row["fits"])]


def _print(what: str, found: list[dict[str, Any]]) -> None:
    from windtunnel.analysis.terminal.listing import shown_settings
    from windtunnel.policies.base import EVERY

    if what == "settings":
        for group, rows in shown_settings(found).items():
            print(f"\n{group}")
            for row in rows:
                default = "null" if row["default"] is None else row["default"]
                unit = f" [{row['unit']}]" if row["unit"] else ""
                print(plain(f"  {row['setting']} = {default}{unit}: {row['meaning']}"))
    elif what == "policies":
        for row in found:
            off = " ".join(f"{key}={value}" for key, value in row["off"].items())
            fits = ", ".join(row["fits"]).replace(EVERY, "every community")
            print(plain(f"\n{row['name']}: {row['what']}{f' Off: {off}.' if off else ''} For: {fits}."))
            told = row["meanings"]
            print_table(
                [
                    {"parameter": key, "default": value, **told.get(key, {"unit": None, "meaning": None})}
                    for key, value in row["parameters"].items()
                ]
            )
        print("\nSet one as policy_with.NAME.PARAMETER=VALUE.")
    else:
        print_table(found)
