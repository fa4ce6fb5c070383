"""Servers that run a model for us: llama.cpp in this process, vLLM beside it."""
