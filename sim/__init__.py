"""The simulated place: addressed noise, the world and its communities, and running twins in lock-step."""
