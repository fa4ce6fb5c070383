"""Several places: both profiles beside the published counts, four planted worlds, and what shared authors make alike.

python bench/communities/places.py [--draws 40] [--root 1]
"""

from typing import Any

from paired import change, draws_and_root, last_line, lived, run, told, values

TUNED, OWN = "tuned to size", "direction by mechanism"
PEOPLE = {
    "community.personas.agent.share": 0.0,
    "community.personas.person.share": 1.0,
    "community.size": 2000,
}
AGENTS = {"community.size": 1000}
PUBLISHED = {
    "agents": {
        "gini_participation": 0.84,
        "top_hundredth": 0.477,
        "messages_per_author": 14.66,
        "author_overlap": 0.338,
    },
    "people": {
        "gini_participation": 0.47,
        "top_hundredth": 0.135,
        "messages_per_author": 2.34,
        "author_overlap": 0.005,
    },
}


def main() -> None:
    draws, root = draws_and_root(__doc__, 40)
    rows: list[dict[str, Any]] = []

    def acted(place: dict[str, Any], policy: str, number: int, steps: int = 14) -> Any:
        return run(
            place,
            community="places",
            policy=policy,
            draws=number,
            seeds=1,
            root=root,
            dowhy=False,
            steps=steps,
        )

    for name, place in (("agents", AGENTS), ("people", PEOPLE)):
        found = acted(place, "rate_limit", max(2, draws // 4))
        for outcome, published in PUBLISHED[name].items():
            mean = round(float(values(found, outcome, "baseline").mean()), 4)
            rows.append(told(f"{name}: {outcome}", {"mean": mean}, f"published {published}", TUNED))
        for outcome in ("gini_participation", "top_hundredth", "messages_written"):
            rows.append(told(f"{name}, limit of 3 a day: {outcome}", change(found, outcome), "lower", OWN))
        for outcome in ("place_divergence", "homogenisation_by_shared_authors", "author_identifiability"):
            mean = round(float(values(found, outcome, "baseline").mean()), 4)
            rows.append(told(f"{name}: {outcome}", {"mean": mean}, "agents: shared authors make alike", OWN))
    for own in (0.0, 0.5):
        for local in (0.0, 0.5):
            place = {"community.settings.own": own, "community.settings.local": local, "community.size": 400}
            found = acted(place, "one_place", draws)
            means = {
                outcome: round(float(values(found, outcome, "baseline").mean()), 4)
                for outcome in ("author_identifiability", "place_separation", "place_divergence")
            }
            rows.append(
                told(f"author {own:g}, place {local:g}", means, "each sees its own effect alone", OWN)
            )
    for preset, outcomes in (
        ("places_closed", ("spill_over", "messages_written")),
        ("places_one_home", ("place_divergence", "author_identifiability")),
    ):
        found = lived(preset, draws, root)
        rows += [
            told(f"{preset}: {outcome}", change(found, outcome), "not published", OWN) for outcome in outcomes
        ]
    last_line(rows, draws=draws, root=root)


if __name__ == "__main__":
    main()
