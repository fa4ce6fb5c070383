"""Unlearning: what an answering model still owes to those who had their contributions taken back (RWFT, an abstract only).

The model says whose work an answer draws on: by Bayes' rule, with a normal law of the works of each contributor around a centre of its
own, and one variance for all, learned from everybody's works. So who is taken out changes what is learned of the others, as in a trained
classifier. Residual influence is the total variation distance between its predictions and those of a model trained without them.
"""

from dataclasses import dataclass

import numpy as np

METHODS = ("none", "filter_only", "reweight", "exact_retrain")
"""Nothing; answers that draw on them are withheld; their share is spread over the others in proportion; trained again without them."""


@dataclass(frozen=True)
class Contributors:
    """n contributors: centres (n, d) of their works, the variance (n,) of each one's works, and prompts (p, d) to answer."""

    centres: np.ndarray
    variance: np.ndarray
    prompts: np.ndarray

    def trained(self, weights: np.ndarray) -> np.ndarray:
        """Shares (p, n + 1) of each prompt's answer that draw on each, for works of `weights` (n,); the last is "no answer".

        Where there are no works at all, no prompt has an answer.
        """
        out = np.zeros((len(self.prompts), len(weights) + 1))
        if weights.sum() <= 0:
            out[:, -1] = 1.0
            return out
        pooled = float(weights @ self.variance / weights.sum())
        away = ((self.prompts[:, None, :] - self.centres[None, :, :]) ** 2).sum(axis=2)
        with np.errstate(divide="ignore"):
            odds = np.log(weights)[None, :] - away / (2 * pooled)
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        out[:, :-1] = odds / odds.sum(axis=1, keepdims=True)
        return out

    def predictions(self, method: str, weights: np.ndarray, gone: np.ndarray) -> np.ndarray:
        """Shares (p, n + 1) once the contributors `gone` (n,) bool have been dealt with by one of `METHODS`."""
        if method == "exact_retrain":
            return self.trained(np.where(gone, 0.0, weights))
        out = self.trained(weights)
        if method == "none":
            return out
        theirs = np.flatnonzero(gone)
        withheld = out[:, theirs].sum(axis=1)
        out[:, theirs] = 0.0
        if method == "filter_only":
            out[:, -1] += withheld
            return out
        left = out.sum(axis=1, keepdims=True)
        out[left[:, 0] <= 0, -1] = 1.0
        return out / np.where(left > 0, left, 1.0)

    def residual(self, method: str, weights: np.ndarray, gone: np.ndarray) -> float:
        """Mean over prompts of the total variation distance to the model trained without those `gone`, 0 to 1.

        0 of exact retraining; of reweighting never more than of a filter, by the triangle inequality.
        """
        exact = self.predictions("exact_retrain", weights, gone)
        found = self.predictions(method, weights, gone)
        return float(0.5 * np.abs(found - exact).sum(axis=1).mean())
