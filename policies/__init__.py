"""What is toggled: one small file a policy; the base class changes nothing."""
