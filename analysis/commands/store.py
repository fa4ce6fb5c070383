"""`windtunnel store`: the answers kept of language models."""

import argparse


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("info", "verify", "export", "prune"))
    parser.add_argument("path", nargs="?", help="the store's file; default: the one that runs use")
    parser.add_argument("--to", help="for export: the file to write, JSON lines; default: standard output")
    parser.add_argument("--model", help="for prune: drop this model's answers")
    parser.add_argument("--words", help="for prune: drop the answers whose question holds these words")
    parser.add_argument(
        "--thread", metavar="KEY", help="for prune: drop what was made of this imported thread's words"
    )
    parser.add_argument(
        "--author", metavar="KEY", help="for prune: drop what was made of this imported author's words"
    )
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.model_commands import store_commands

    return store_commands.store(asked)
