"""One run's folder: filled, resumed, stopped early, planned again from its manifest."""
