"""`windtunnel demo`: the shipped example."""

import argparse

from windtunnel.analysis.commands import run

SETTINGS = True


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="key=value")


def call(asked: argparse.Namespace) -> int:
    """`windtunnel run experiment=demo`, with any settings on top."""
    return run.call(argparse.Namespace(words=["experiment=demo", *asked.words]))
