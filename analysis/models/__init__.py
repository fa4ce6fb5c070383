"""The language model behind a run: served, priced, calibrated, distilled, and its store looked after."""
