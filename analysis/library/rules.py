"""`windtunnel replay` as a call: a rule and a folder in, what the rule would have touched out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from windtunnel.analysis.rules import replaying
from windtunnel.analysis.rules.loading import load
from windtunnel.analysis.rules.replaying import Replayed


def replay(rule: Path | str, out: Path | str, *, param: Mapping[str, Any] | None = None) -> Replayed:
    """What a rule would have touched of the community imported into `out`.

    `rule` is a list of words (.txt), AutoModerator's YAML (.yaml), or a policy's name with its parameters in `param`. `ValueError` says
    what is wrong with the rule, or what the record cannot tell.

        found = replay("words.txt", "out/mine")
        found.touched, found.agreements, found.touches
    """
    return replaying.replay(load(str(rule), param), out)
