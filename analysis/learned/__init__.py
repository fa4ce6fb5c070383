"""What members do in a recorded community, learned from its record: who writes, in which thread, to which post, when, in what tone."""
