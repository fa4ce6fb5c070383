"""Which areas of risk an outcome or a kind of incident speaks of: the six of Weidinger et al. 2021 (arXiv 2112.04359)."""

AREAS = {
    "exclusion": "discrimination, exclusion and toxicity",
    "information": "information hazards: what leaks or was private",
    "misinformation": "false or misleading information",
    "malicious use": "what somebody brings about on purpose",
    "interaction": "harms of talking with a machine as with a person",
    "access": "automation, access, and who gains or loses by it",
}
"""Names of the areas, with what each is about."""

_TOXIC = ("escalation", "hostile_share", "hostile_exposures", "worst_group_exposure", "hostility_elsewhere")
_UNFAIR = (
    *("treatment_unfairness", "exposure_unfairness", "newcomer_return", "wrongful_removals"),
    *("civil_posts_lost", "least_quality", "quality_inequality", "coverage_inequality", "groups_worse_off"),
)
_FALSE = (
    *("false_exposure", "belief_error", "spread_of_false", "true_stopped", "informed_welfare"),
    *("apparent_harm", "disagreement", "disagreement_words", "answer_accuracy"),
)
_TALK = ("delusion_slope", "steady_slope", "high_turns", "conviction_end", "affirmation", "referrals")
_PLANNED = ("collective_success", "rival_success", "collective_failure", "mean_success", "platform_accuracy")
_GAINS = (
    *(
        "active_producers",
        "income_inequality",
        "builder_concentration",
        "supply_collapse",
        "time_to_collapse",
    ),
    *("gini_participation", "top_hundredth", "contributor_inequality", "pull_gini", "gini_posts"),
)
_PRIVATE = ("leakage", "residual_influence", "author_identifiability", "retractions")
_INCIDENTS = {
    "exclusion": (
        "pile_on",
        "newcomer_driven_away",
        "rule_breaking_streak",
        "mass_departure",
        "neglected_group",
    ),
    "misinformation": ("false_belief", "false_wave"),
    "interaction": ("delusion_crossing",),
    "malicious use": ("collective_failed",),
}
_OUTCOMES = {
    "exclusion": (*_TOXIC, *_UNFAIR),
    "information": _PRIVATE,
    "misinformation": _FALSE,
    "malicious use": _PLANNED,
    "interaction": _TALK,
    "access": _GAINS,
}


def risks_of(name: str, own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The areas of an outcome or kind of incident by its name: what it says itself, else ours; empty where none is said.

    `ValueError` where it names an area that there is not.

    >>> risks_of("escalation"), risks_of("gain")
    (('exclusion',), ())
    """
    for area in own:
        if area not in AREAS:
            raise ValueError(f"{name} names the risk {area!r}: areas are {', '.join(AREAS)}")
    if own:
        return own
    return tuple(
        area for area in AREAS if name in _OUTCOMES.get(area, ()) or name in _INCIDENTS.get(area, ())
    )


def tagged() -> set[str]:
    """Every name of ours that has an area."""
    return {name for part in (_OUTCOMES, _INCIDENTS) for names in part.values() for name in names}
