"""How well a language model reads tones: labelled comments of GitHub threads, whole threads, before and after its examination.

    python bench/tones_llm.py [llm=embedded] [--shared ../shared] [--comments 300]

The model is asked as `windtunnel read` asks it. `raw` is what its letters' weights say; `examined` is that for what it is worth on
sentences of our own (`analysis/tones/examined.py`), beside the comments' labels. One JSON line comes last.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score, roc_auc_score

from windtunnel.agents.llm.opening import open_model, serving
from windtunnel.agents.llm.settings import read_settings
from windtunnel.analysis import configuration
from windtunnel.analysis.tones import training
from windtunnel.analysis.tones.examined import examine
from windtunnel.analysis.tones.llm import LlmReader
from windtunnel.analysis.tones.reader import CIVIL, HOSTILE

ROOT = Path(__file__).resolve().parents[1]


def measured(found: np.ndarray, tone: np.ndarray) -> dict[str, Any]:
    """Discrimination, what it would call uncivil and hostile, and how much of that is right."""
    uncivil, called = 1 - found[:, CIVIL], found[:, CIVIL] < 0.5
    return {
        "uncivil_auc": round(float(roc_auc_score(tone > 0, uncivil)), 3),
        "uncivil_ap": round(float(average_precision_score(tone > 0, uncivil)), 3),
        "hostile_auc": round(float(roc_auc_score(tone == 2, found[:, HOSTILE])), 3),
        "called_uncivil": int(called.sum()),
        "rightly": int((called & (tone > 0)).sum()),
    }


def main() -> None:
    """Ask, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", default=["llm=embedded"])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--comments", type=int, default=300, help="about so many, of threads in random order")
    asked = parser.parse_args()
    known = training.labelled(
        pl.read_parquet(asked.shared / "data" / "github-incivility" / "comments.parquet")
    )
    threads = np.random.default_rng(0).permutation(np.unique(known.thread))
    sizes = np.array([(known.thread == thread).sum() for thread in threads]).cumsum()
    chosen = np.flatnonzero(np.isin(known.thread, threads[: int(np.searchsorted(sizes, asked.comments)) + 1]))
    tone = known.tone[chosen]
    with serving(read_settings(dict(configuration.compose(["mind=llm", *asked.words])["llm"]))) as running:
        model = open_model(running)
        try:
            reader = LlmReader(model)
            worth = examine(reader.read)
            found = reader.read([known.texts[row] for row in chosen])
        finally:
            model.close()
    there = ~np.isnan(found).any(axis=1)
    found, tone = found[there], tone[there]
    result = {
        "model": reader.version, "comments": len(tone), "uncivil": int((tone > 0).sum()),
        "examination": {"sentences": worth.sentences, "auc": round(worth.auc, 3), "low": round(worth.low, 3), "tells": worth.tells},
        "raw": measured(found, tone), "examined": measured(worth.applied(found), tone),
    }  # fmt: skip
    print(json.dumps(result))


if __name__ == "__main__":
    main()
