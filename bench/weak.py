"""On how many real incidents is the answer of `why` no longer weak, and by which part of an act?

python bench/weak.py                      # four communities, two of them once more from other formats, and a small ConvoKit corpus
python bench/weak.py out/mine out/other   # folders of imports

Of each community the three worst incidents are taken, or where fewer crossed a rule the threads with most hot replies. Each is put as a
case with the mind of rules and with learned members; nothing is lived again. One JSON line comes last.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from corpora import CORPORA, SHARED, bring_in
from other_formats import as_convokit, as_reddit

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.acts import acts_of_import, moderation_of
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.learned.fit import fit_folder
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.score import log_score
from windtunnel.analysis.why.forum.weakness import foretold

BY_THEMSELVES = ("#ubuntu", "bicycles.meta", "r/Feminism", "conlang.meta")
FEW = "fixtures-one-corpus-many-formats"
MOST = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folders = asked.folders or brought_in(Path(place))
        rows = [row for folder in folders for row in of_community(folder)]
    print(json.dumps({"rows": rows}))


def brought_in(place: Path) -> list[Path]:
    found = [bring_in(name, place) for name in BY_THEMSELVES]
    read = {name: pl.read_parquet(SHARED / CORPORA[name].file) for name in ("bicycles.meta", "r/Feminism")}
    sources = {
        "convokit": ("convokit", as_convokit(read["bicycles.meta"], place / "corpus")),
        "reddit": ("reddit", as_reddit(read["r/Feminism"], place / "dump")),
        "few": ("convokit", SHARED / FEW / "convokit"),
    }
    for name, (form, path) in sources.items():
        import_corpus(form, path, place / name, key_file=place / f"key-{name}")
        found.append(place / name)
    for folder in found:
        try:
            fit_folder(folder)
        except ValueError as error:
            print(f"{folder.name}: {error}")
    return found


def of_community(folder: Path) -> list[dict[str, Any]]:
    """A row for each incident: which parts are foretold by rules, and which by learned members."""
    rows = []
    for name in incidents(folder):
        row: dict[str, Any] = {"community": folder.name, "incident": name}
        for mind in ("rules", "learned"):
            try:
                case = recorded_case(folder, name, load_rules(), [f"mind={mind}"])
            except ValueError as error:
                row[mind] = str(error)
                continue
            made = case.mind()
            row[mind] = foretold(folder, mind, log_score(case, made))["learned"]
            made.close()
        rows.append(row)
        print(
            f"{folder.name:14s} {name:32s} rules: {told(row['rules'])}; learned: {told(row['learned'])}",
            flush=True,
        )
    return rows


def incidents(folder: Path) -> list[str]:
    """The three worst incidents of a thread; threads with the most hot replies where there are fewer."""
    place = Folder(folder)
    posts = place.read_table("posts")
    found: list[Incident] = find(acts_of_import(posts, moderation_of(place)), load_rules(), 1 / 60)
    names = [one.id for one in found if one.place is not None]
    hot = pl.col("tone").is_in(["heated", "hostile"]) & (pl.col("kind") == "reply")
    threads = posts.group_by("thread").agg(hot=hot.sum(), size=pl.len())
    threads = threads.sort(["hot", "size", "thread"], descending=[True, True, False])
    return [*names, *(f"thread:{one}" for one in threads["thread"].head(MOST).to_list())][:MOST]


def told(parts: Any) -> str:
    if isinstance(parts, str):
        return parts
    return ", ".join(parts) if parts else "weak"


if __name__ == "__main__":
    main()
