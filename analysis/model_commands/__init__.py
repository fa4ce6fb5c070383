"""Commands about a language model: calibrate, distill, a dry pass, its store of answers."""
