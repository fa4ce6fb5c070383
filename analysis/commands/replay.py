"""`windtunnel replay`: what a rule would have touched of an imported community."""

import argparse
from pathlib import Path

from windtunnel.analysis.terminal.ending import OK, plain


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Examples: windtunnel replay words.txt OUT; windtunnel replay automoderator.yaml OUT --html replay.html; "
        "windtunnel replay slow_mode OUT --param hours=2. docs/rules.md says what a rule may ask for."
    )
    parser.add_argument(
        "rule",
        help="a list of words (.txt: a word or phrase a line, /expression/ between slashes), AutoModerator's YAML (.yaml), or "
        "the name of a policy",
    )
    parser.add_argument("out", help="output folder of `windtunnel import`")
    parser.add_argument(
        "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter of a policy"
    )
    parser.add_argument(
        "--most", type=int, default=20, help="list this many touched posts at most (all with --json)"
    )
    parser.add_argument("--excerpts", action="store_true", help="show the posts' own words: other people's")
    parser.add_argument("--html", metavar="FILE", help="write the page")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.commands.why import parameter
    from windtunnel.analysis.folder import Folder
    from windtunnel.analysis.rules import tell
    from windtunnel.analysis.rules.following import follow
    from windtunnel.analysis.rules.loading import load
    from windtunnel.analysis.rules.page import replay_page
    from windtunnel.analysis.rules.replaying import replay
    from windtunnel.analysis.rules.words_of_posts import texts_of
    from windtunnel.analysis.terminal.printing import print_json, print_table

    if asked.most < 0:
        raise ValueError(f"--most is {asked.most}: give a number from 0")
    loaded = load(asked.rule, dict(parameter(word) for word in asked.param))
    found = replay(loaded, Path(asked.out))
    try:
        followed, why_not = follow(loaded, found), ""
    except ValueError as error:
        followed, why_not = None, str(error)
    texts = texts_of(found) if asked.excerpts else None
    if asked.html:
        path = Path(asked.html)
        Folder(path.parent).write_text(path, replay_page(found, followed, texts))
    if asked.json:
        content = found.content() | {"follows": followed and followed._asdict()}
        if texts is not None:
            content["touches"] = [
                row | {"text": text} for row, text in zip(content["touches"], texts, strict=True)
            ]
        print_json(content)
        return OK
    for line in tell.sentences(found):
        print(plain(line))
    for title, rows in (
        ("Whose posts", tell.group_rows(found)),
        ("When", tell.period_rows(found)),
        ("By which rule", tell.rule_rows(found) if len(found.rules) > 1 else []),
        ("By which check", tell.clause_rows(found)),
        ("By which word, the first that stands in a touched post", tell.word_rows(found, 20)),
        ("Which posts", tell.touched_rows(found, asked.most, texts)),
    ):
        if rows:
            print(f"\n{title}")
            print_table(rows)
    if found.touches.height > asked.most:
        print(
            f"{found.touches.height - asked.most:,} more posts: --most {found.touches.height} lists them all"
        )
    print()
    if followed is None:
        print(plain(f"And what would have followed: {why_not}."))
    else:
        print("And what would have followed, in twins:")
        print(plain(f"  {followed.run_command(asked.out)}"))
        print(plain(f"  {followed.why_command(asked.out)}"))
        for note in followed.notes:
            print(plain(f"  {note}"))
    print(f"\n{tell.SHADOW} {tell.NO_SANCTION}")
    if asked.html:
        print(f"Page: {asked.html}")
    return OK
