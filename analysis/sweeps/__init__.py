"""Many runs at once: the cells of a sweep, designs over parameters, and how to choose among policies with few runs."""
