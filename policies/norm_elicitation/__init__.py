"""How one of several norms is chosen; without a policy it is the one that most people hold."""
