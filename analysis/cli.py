"""The command `windtunnel`: reads the words, calls one function, prints; a user's mistake is one sentence."""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from windtunnel.analysis.terminal.arguments import Parser
from windtunnel.analysis.terminal.ending import (
    OK,
    check_words,
    guarded,
    handle_signals,
    unfit_interpreter,
    with_standard_streams,
)

COMMANDS = {
    "run": "run an experiment: windtunnel run policy=slow_mode seeds=5",
    "demo": "the shipped example: a small language model deciding, a lock toggled",
    "calibrate": "fit a language model's choices to base rates and published shifts, and see what moves it",
    "distill": "make a mind as fast as the rules from a language model: windtunnel distill llm=embedded out=FILE",
    "optimise": "the parameters of a policy with the best stated score",
    "design": "a full, Latin hypercube or Sobol design over settings, listed or run",
    "robustness": "in how many variants of the model sign and ranking hold",
    "select": "which of many policies: clear losers are dropped early, on common seeds",
    "report": "write the report of a finished run again, and print it in short",
    "compare": "which policy, at what cost, how sure: windtunnel compare OUT OUT --smallest-effect 0.05",
    "rerun": "a finished run once more from its manifest: identical, or where it first differs",
    "pilot": "the real test that would show it: metric, unit, sample size, when to stop",
    "estimate": "causal report for your own table of pairs",
    "bound": "what a collective is sure to reach by planting a signal, from its own members' data",
    "values": "what agents value, learned from a table of what they chose",
    "recall": "what a member's memory favours beside relevance: windtunnel recall literal=2 noise=1",
    "import": "bring in a real community: its people pseudonymised, base rates fitted",
    "fit": "learn from an imported community who writes, where, to whom and when; import does it last",
    "export": "a simulated community as a ConvoKit corpus: windtunnel export convokit OUT FOLDER",
    "label": "label by hand what was written in an imported community: how good its reader is, and better tones",
    "read": "let a language model read the tones of an imported community, where they matter",
    "structure": "published measures of a place's weeks, and how hard simulated ones are to tell from them",
    "incidents": "what went wrong in a finished run or an imported community",
    "replay": "what a rule would have touched of an imported community: windtunnel replay RULE OUT",
    "words": "what an incident's simulated members might have said, written after the fact by a model you name",
    "why": "would an incident have happened otherwise: had this been locked, removed, on, off?",
    "watch": "both twins of a pair at one step; what one member was told, found likely and drew",
    "view": "all of it as pages in a browser on this machine: windtunnel view FOLDER",
    "forget": "take a person or a conversation out of an imported community",
    "models": "weights of the embedded model: list, pull",
    "store": "the answers kept of language models: info, verify, export, prune",
    "list": "what there is to choose from",
    "plugins": "policies and the like of other packages; a folder of them added by path: windtunnel plugins add FOLDER",
    "new": "a package to begin with: windtunnel new policy|outcome|community|mind NAME",
}
"""What there is, in the order of `--help`; each is a file of `analysis/commands`, loaded when it is called."""

_FILES = {"import": "import_", "list": "list_"}  # words that Python keeps for itself


def program() -> int:
    """The command as a process of its own, in which nothing but Python's end follows: Ctrl-C cuts that short without a word."""
    code = main()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody wants it otherwise
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return code


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 ok, 2 a mistake in the words, 3 some runs failed, 130 interrupted."""
    with_standard_streams()
    if told := unfit_interpreter():
        return guarded(lambda: _refused(told))
    words = list(sys.argv[1:] if words is None else words)
    if words in (["--version"], ["-V"]):
        return guarded(_version)
    if not words or words[0] not in COMMANDS:
        return guarded(lambda: _overviewed(words))
    with handle_signals():
        return guarded(lambda: _call(words[0], check_words(words)[1:]))


def _call(name: str, words: list[str]) -> int:
    """Load the command's file and call it. With `SETTINGS` it takes all words as they are: key=value and -m."""
    command = import_module(f"windtunnel.analysis.commands.{_FILES.get(name, name)}")
    if getattr(command, "SETTINGS", False) and not {"-h", "--help"} & set(words):
        return command.call(argparse.Namespace(words=words))
    parser = Parser(prog=f"windtunnel {name}", description=COMMANDS[name][0].upper() + COMMANDS[name][1:])
    command.describe(parser)
    return command.call(parser.parse_args(words))


def _refused(sentence: str) -> int:
    raise ValueError(sentence)


def _version() -> int:
    from importlib.metadata import version

    print(f"windtunnel {version('policy-windtunnel')}")
    return OK


def _overviewed(words: Sequence[str]) -> int:
    """Help for no words or --help; `ValueError` for a command that there is not."""
    parser = _overview()
    parser.parse_args(words)
    parser.print_help()
    return OK


def _overview() -> Parser:
    parser = Parser(
        prog="windtunnel",
        description="Would this policy have prevented that? Simulated communities in pairs that differ in one policy.",
        epilog="Exit codes: 0 ok; 1 a fault of ours; 2 a mistake in the command; 3 some runs failed, each with its reason; 130 interrupted.",
    )
    parser.add_argument("-V", "--version", action="store_true", help="the installed version")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary)
    return parser


if __name__ == "__main__":
    sys.exit(program())
