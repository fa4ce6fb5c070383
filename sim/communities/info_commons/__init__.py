"""An information commons: producers whom readers pay for, and builders of answering machines who live off what they produce."""
