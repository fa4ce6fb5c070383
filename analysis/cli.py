"""The command `windtunnel`: reads the words, calls one function, prints; a user's mistake is one sentence."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from analysis.ending import OK, guarded, plain

_FUNCTIONS = {"import": "import_", "list": "list_"}  # words that Python keeps for itself


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 ok, 2 a mistake in the words, 3 some runs failed, 130 interrupted."""
    words = list(sys.argv[1:] if words is None else words)
    parser = _parser()
    if words[:1] == ["run"] and not {"-h", "--help"} & set(words):
        asked = argparse.Namespace(command="run", words=words[1:])
    elif words[:1] == ["demo"] and not {"-h", "--help"} & set(words):
        asked = argparse.Namespace(command="demo", words=words[1:])
    elif words[:1] == ["calibrate"] and not {"-h", "--help"} & set(words):
        asked = argparse.Namespace(command="calibrate", words=words[1:])
    else:
        asked = parser.parse_args(words)
    if not asked.command:
        parser.print_help()
        return OK
    return guarded(lambda: _call(asked))


def _call(asked: argparse.Namespace) -> int:
    from analysis import commands  # late: `--help` answers without the heavy parts

    return getattr(commands, _FUNCTIONS.get(asked.command, asked.command))(asked)


class _Parser(argparse.ArgumentParser):
    """argparse, with messages that a terminal can show."""

    def error(self, message: str) -> NoReturn:
        super().error(plain(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="windtunnel",
        description="Would this policy have prevented that? Simulated communities in pairs that differ in one policy.",
        epilog="Exit codes: 0 ok; 2 a mistake in the command; 3 some runs failed, each with its reason; 130 interrupted.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="run an experiment: windtunnel run policy=slow_mode seeds=5",
        description="Run the twins of one experiment. Settings are key=value; -m sweeps over comma-separated values.",
        epilog="Examples: windtunnel run policy=thread_lock mind=rules; windtunnel run policy=[slow_mode,rule_reminder]; "
        "windtunnel run -m policy=slow_mode,thread_lock community.size=100,400. "
        "Settings: see `windtunnel list settings`; parameters: policy_with.NAME.KEY=VALUE.",
    )
    run.add_argument("words", nargs="*", metavar="key=value")
    demo = commands.add_parser(
        "demo", help="the shipped example: a small language model deciding, a thread lock toggled"
    )
    demo.add_argument("words", nargs="*", metavar="key=value")

    calibrate = commands.add_parser(
        "calibrate",
        help="fit a language model's choices to base rates and published shifts, and see what moves it",
        description="Ask a language model about kinds of situation; write a file for mind.calibration=FILE. Settings as for run.",
        epilog="Of its own: profile=NAME (short for community.profile), leave_out=[OP01a] (cases not to fit to), "
        "gap=true (also run the policy by archetype and by member), out=FILE.yaml. "
        "Example: windtunnel calibrate llm=embedded profile=reddit-feminism out=calibration.yaml",
    )
    calibrate.add_argument("words", nargs="*", metavar="key=value")

    distill = commands.add_parser(
        "distill",
        help="make a mind as fast as the rules from a language model: windtunnel distill llm=embedded out=FILE",
        description="Ask a language model about a designed set of situations, fit a logit to its answers, and compare "
        "a policy's effect under both. Settings are those of run; out= is the file, check=false leaves out the comparison.",
        epilog="Then: windtunnel run mind=distilled mind.file=FILE policy=slow_mode community.size=100000.",
    )
    distill.add_argument("words", nargs="*", metavar="key=value")

    report = commands.add_parser(
        "report", help="write the report of a finished run again, and print it in short"
    )
    report.add_argument("out", help="output folder of a run")
    report.add_argument("--json", action="store_true", help="print estimates.json and nothing else")

    estimate = commands.add_parser("estimate", help="causal report for your own table of pairs")
    estimate.add_argument(
        "pairs",
        help="CSV or Parquet with columns draw, seed, y0, y1 (optional: severity0, severity1, covariates)",
    )
    estimate.add_argument(
        "--direction",
        required=True,
        choices=("preventive", "generative"),
        help="is the policy to prevent y or to bring it about",
    )
    estimate.add_argument("--outcome", default="outcome", help="what y is called")
    estimate.add_argument("--threshold", type=float, help="severity at which y is 1, for the curves")
    estimate.add_argument("--coupling", default="not stated", help="how the twins share chance, in words")
    estimate.add_argument("--confidence", type=float, default=0.95)
    estimate.add_argument("--no-dowhy", action="store_true", help="leave out the DoWhy record")
    estimate.add_argument("--out", help="folder for estimates.json and report.html")
    estimate.add_argument("--json", action="store_true", help="print the estimates as one JSON document")

    import_ = commands.add_parser(
        "import", help="bring in a real community: threads pseudonymised, base rates fitted"
    )
    import_.add_argument("format", choices=("reddit", "convokit", "table"))
    import_.add_argument("path", help="file or folder of the export")
    import_.add_argument("out", help="folder for posts.parquet and profile.yaml")
    import_.add_argument(
        "--map", help="for table: id=COLUMN,parent=COLUMN,author=COLUMN,time=COLUMN,text=COLUMN and more"
    )
    import_.add_argument("--name", help="name of the profile; default: that of the output folder")

    models = commands.add_parser("models", help="weights of the embedded model: list, pull")
    models.add_argument("what", choices=("list", "pull"))
    models.add_argument("--json", action="store_true")

    store = commands.add_parser(
        "store", help="the answers kept of language models: info, verify, export, prune"
    )
    store.add_argument("what", choices=("info", "verify", "export", "prune"))
    store.add_argument("path", nargs="?", help="the store's file; default: the one that runs use")
    store.add_argument("--to", help="for export: the file to write, JSON lines; default: standard output")
    store.add_argument("--model", help="for prune: drop this model's answers")
    store.add_argument("--words", help="for prune: drop the answers whose question holds these words")
    store.add_argument("--json", action="store_true")

    listing = commands.add_parser("list", help="what there is to choose from")
    listing.add_argument(
        "what", choices=("policies", "communities", "minds", "outcomes", "profiles", "settings")
    )
    listing.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
