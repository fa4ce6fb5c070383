"""`windtunnel import`: bring in a real community."""

import argparse
import sys
from pathlib import Path

from analysis.ending import OK, plain


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=("reddit", "convokit", "table"))
    parser.add_argument("path", help="file or folder of the export")
    parser.add_argument("out", help="folder for posts.parquet and profile.yaml")
    parser.add_argument(
        "--map", help="for table: id=COLUMN,parent=COLUMN,author=COLUMN,time=COLUMN,text=COLUMN and more"
    )
    parser.add_argument("--name", help="name of the profile; default: that of the output folder")


def call(asked: argparse.Namespace) -> int:
    from analysis.importers import import_corpus, parse_mapping

    mapping = None if asked.map is None else parse_mapping(asked.map)
    found = import_corpus(
        asked.format,
        Path(asked.path),
        Path(asked.out),
        mapping=mapping,
        name=asked.name,
        progress=lambda line: print(line, file=sys.stderr),
    )
    for line in found.sentences:
        print(plain(line))
    print(f"Profile: {found.profile_file}; use it with community.profile={asked.out}")
    return OK
