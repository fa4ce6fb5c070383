"""The commands as calls, for scripts and notebooks: settings in, frames and answers out."""
