"""`windtunnel import`: bring in a real community."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.shell import pasted

if TYPE_CHECKING:
    from windtunnel.analysis.importers.formats.recognise import Preview
    from windtunnel.sim.communities.forum.learned_file import Learned

FORMATS = ("reddit", "convokit", "table", "discourse", "stackexchange", "mastodon", "bluesky")


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=("auto", *FORMATS), help="auto: told from the files")
    parser.add_argument(
        "path", help="file or folder of the export; .gz, .bz2, .xz and .zst are read as they are"
    )
    parser.add_argument("out", help="folder for posts.parquet, profile.yaml and what else there is to say")
    parser.add_argument(
        "--map", help="for table: id=COLUMN,parent=COLUMN,author=COLUMN,time=COLUMN,text=COLUMN and more"
    )
    parser.add_argument(
        "--where", metavar="COLUMN=VALUE,…", help="for table: only rows with these values, as channel=ubuntu"
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="for table: its encoding where it is not UTF-8 and unmarked, as cp1252",
    )
    parser.add_argument(
        "--separator",
        metavar="SIGN",
        help="for table: what parts its cells, as ; or tab; else told from its head",
    )
    parser.add_argument("--name", help="name of the profile; default: that of the output folder")
    parser.add_argument(
        "--mod-log", metavar="FILE", help="table of moderators' acts, a row an act: .csv, .ndjson or .parquet"
    )
    parser.add_argument(
        "--mod-map",
        metavar="ROLE=COLUMN,…",
        help="which column of --mod-log is what: act; post, thread or member; time or minute; actor",
    )
    parser.add_argument(
        "--labels", metavar="FILE", help="tones set by hand, with the columns post (the source's id) and tone"
    )
    parser.add_argument(
        "--reader",
        metavar="NAME",
        help="who reads the tones: words (fast) or english (better); default: english; beyond 20,000 posts words, and english for what it suspects",
    )
    parser.add_argument(
        "--max-bytes",
        type=int,
        metavar="N",
        help="most bytes that a packed file may unpack to (50,000,000,000)",
    )
    parser.add_argument(
        "--no-fit",
        action="store_true",
        help="learn nothing from the record (windtunnel fit OUT does it later)",
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.importers import import_corpus, parse_mapping
    from windtunnel.analysis.importers.files.lines import DEFAULT_MAX_BYTES
    from windtunnel.analysis.importers.watch import watching
    from windtunnel.analysis.terminal.printing import print_json

    if asked.max_bytes is not None and asked.max_bytes < 1:
        raise ValueError(f"--max-bytes is {asked.max_bytes}: give a number of bytes, 1 or more")
    format = _format(asked)
    with watching(Path(asked.path)) as watch:
        found = import_corpus(
            format,
            Path(asked.path),
            Path(asked.out),
            mapping=None if asked.map is None else parse_mapping(asked.map),
            where=None if asked.where is None else parse_mapping(asked.where, "--where"),
            name=asked.name,
            mod_log=None if asked.mod_log is None else Path(asked.mod_log),
            mod_map=None if asked.mod_map is None else parse_mapping(asked.mod_map, "--mod-map"),
            labels=None if asked.labels is None else Path(asked.labels),
            reader=asked.reader,
            encoding=asked.encoding,
            separator=asked.separator,
            max_bytes=asked.max_bytes or DEFAULT_MAX_BYTES,
            progress=watch.say,
            told=watch.told,
        )
        learned, unlearned = (None, "") if asked.no_fit else _learn(Path(asked.out), watch.say)
    if asked.json:
        print_json(
            {
                "name": found.name,
                "format": format,
                "lines": found.lines,
                "posts": found.posts,
                "threads": found.threads,
                "authors": found.authors,
                "bad_lines": found.bad_lines,
                "bad_reasons": found.bad_reasons,
                "acts": found.acts,
                "tone": found.tone_source,
                "lacks": list(found.lacks),
                "notes": list(found.notes),
                "learned": None
                if learned is None
                else {"seconds": learned.seconds}
                | {name: part.verdict for name, part in learned.parts.items()},
            }
        )
        return OK
    for line in found.sentences:
        print(plain(line))
    if found.profile_file:
        print(f"Profile: {found.profile_file}; use it with {pasted(f'community.profile={asked.out}')}")
    if learned is not None:
        print(plain(_told(learned, asked.out)))
    elif unlearned:
        print(plain(f"note: nothing was learned: {unlearned}"))
    return OK


def _learn(folder: Path, say: Callable[[str], None]) -> "tuple[Learned | None, str]":
    """What the record teaches, or why it teaches nothing."""
    from windtunnel.analysis.learned.fit import fit_folder

    try:
        return fit_folder(folder, say), ""
    except ValueError as error:
        return None, str(error)
    except KeyboardInterrupt:
        say(
            f"the record is in {folder}, and nothing was learned from it yet: {pasted('windtunnel', 'fit', str(folder))}"
        )
        raise


def _told(learned: "Learned", out: str) -> str:
    lots: dict[str, list[str]] = {"learned": [], "weak": [], "not fitted": []}
    for name, part in learned.parts.items():
        lots[part.verdict].append(name)
    said = "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in lots.items() if names)
    if not learned.forward:
        said += "; too little for a simulation, so that runs have members by rules"
    return f"Members, in {learned.seconds:.0f} s: {said}; windtunnel fit {out} tells more"


def _format(asked: argparse.Namespace) -> str:
    """The format that is named, or the one that the files are in; a table still needs its columns named."""
    if asked.format != "auto":
        return str(asked.format)
    from windtunnel.analysis.importers.formats.recognise import preview, recognise

    found = recognise(Path(asked.path))
    print(plain(f"format: {found.format} ({found.why})"), file=sys.stderr)
    if found.format == "table" and asked.map is None:
        head = preview(Path(asked.path), 1, asked.encoding, asked.separator)
        raise ValueError(_asked_for(Path(asked.path), head))
    return found.format


def _asked_for(path: Path, head: "Preview") -> str:
    """A sentence that asks which column is what, with a line to begin with."""
    from windtunnel.analysis.importers.files.sheets import listed

    columns = head.columns
    roles = {"id": "COLUMN", **head.likely} if head.likely else {}
    perhaps = ",".join(f"{role}={column}" for role, column in roles.items())
    words = f", perhaps {pasted(f'--map={perhaps}')}" if perhaps else " with --map id=COLUMN,author=COLUMN,…"
    return f"{path} is a table: say which column is what{words}; it has {listed(columns)}"
