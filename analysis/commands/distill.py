"""`windtunnel distill`: a mind as fast as the rules from a language model."""

import argparse
from pathlib import Path

from windtunnel.analysis import configuration
from windtunnel.analysis.commands import run
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.shell import pasted

SETTINGS = True


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = "Ask a language model about a designed set of situations, fit a logit to its answers, and compare a policy's effect under both. Settings are those of run; out= is the file, check=false leaves out the comparison."
    parser.epilog = (
        "Then: windtunnel run mind=distilled mind.file=FILE policy=slow_mode community.size=100000."
    )
    parser.add_argument("words", nargs="*", metavar="key=value")


def call(asked: argparse.Namespace) -> int:
    """Check the settings, distil their language model into the file `out=`, and print how good it is."""
    own = {word.partition("=")[0]: word.partition("=")[2] for word in asked.words}
    words = [word for word in asked.words if word.partition("=")[0] not in ("out", "check")]
    out, check = own.get("out"), own.get("check", "true")
    if not out:
        raise ValueError("distill needs out=FILE, the file to write, for example out=distilled.yaml")
    if check not in ("true", "false") or Path(out).is_dir():
        raise ValueError(
            f"distill takes check=true or check=false, and a file as out=, not check={check} out={out}"
        )
    if "mind" not in own:
        words = ["mind=llm", *words]
    overrides = configuration.hydra_overrides(words)
    run.cells(overrides, multirun=False)
    plan = configuration.plan(configuration.compose_overrides(overrides))
    from windtunnel.analysis.model_commands import distill as distilling
    from windtunnel.analysis.model_commands import dry

    if plan.dry:
        print(
            f"Distilling asks about {len(distilling.designed(plan).weight)} situations; the check runs more:"
        )
        for line in dry.lines(plan):
            print(line)
        return OK
    made = distilling.distill(plan, Path(out), check=check == "true", say=lambda line: print(plain(line)))
    if made.check is not None:
        for line in distilling.check_words(made.check):
            print(plain(line))
    else:
        print("Not checked against the model: runs of this mind will make no claim.")
    print(f"Mind: {out}; use it with mind=distilled {pasted(f'mind.file={out}')}")
    return OK
