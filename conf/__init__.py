"""Names and numbers a user may set; Hydra reads this folder and no code imports it."""
