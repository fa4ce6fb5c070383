"""`windtunnel fit`: learn from an imported community's record who writes, where, to whom, when and in what tone."""

import argparse
from pathlib import Path

from windtunnel.analysis.terminal.ending import OK, plain


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "`import` does this last by itself. Each part is fitted to the first 70 % of the replies and scored on the later ones, "
        "in bits an act beside its baseline; a part that does not win is marked weak. Writes learned.yaml beside profile.yaml."
    )
    parser.add_argument("out", help="output folder of `windtunnel import`")
    parser.add_argument(
        "--json", action="store_true", help="print learned.yaml's content as JSON and nothing else"
    )


def call(asked: argparse.Namespace) -> int:
    import sys

    from windtunnel.analysis.learned.fit import fit_folder
    from windtunnel.analysis.learned.told import by_hand, of_simulation, rows, sentences
    from windtunnel.analysis.terminal.printing import print_json, print_table
    from windtunnel.sim.communities.forum.learned_file import FILE

    learned = fit_folder(Path(asked.out), lambda sentence: print(sentence, file=sys.stderr, flush=True))
    if asked.json:
        print_json({"schema": learned.format} | learned.model_dump(exclude={"format"}))
        return OK
    print_table(rows(learned))
    print()
    for sentence in sentences(by_hand(learned, Path(asked.out))):
        print(plain(sentence))
    if said := of_simulation(learned, Path(asked.out)):
        print(plain(said))
    print(plain(f"{Path(asked.out) / FILE}: fitted in {learned.seconds:.0f} s."))
    return OK
