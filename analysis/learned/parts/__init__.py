"""The factors of the likelihood of an act: one file each, with its options, features and baselines."""
