"""`windtunnel words`: what the simulated posts of one incident might have said, written after the fact."""

import argparse
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis import configuration, summary
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.find import chosen
from windtunnel.analysis.incidents.forum.acts import read_acts
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.incidents.forum.kept_words import keep
from windtunnel.analysis.incidents.forum.words import NOW, Said, posts_of, words_for
from windtunnel.analysis.numbers_in_words import counted
from windtunnel.analysis.outcomes import RUN
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json
from windtunnel.analysis.terminal.shell import pasted


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: windtunnel words OUT escalation llm=embedded. Posts that the run itself gave words keep them; the "
        "others get a text from the model named, kept in its store. Nothing of the run changes."
    )
    parser.add_argument("out", help="output folder of `windtunnel run`")
    parser.add_argument(
        "incident", help="id that `windtunnel incidents OUT` lists, how it begins, or a kind for its worst"
    )
    parser.add_argument(
        "settings", nargs="*", metavar="llm=NAME", help="the model, and its settings: llm.KEY=VALUE"
    )
    parser.add_argument("--most", type=int, default=30, help="the newest posts until its peak (default 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def call(asked: argparse.Namespace) -> int:
    Folder(asked.out).check_offers("words")
    from windtunnel.agents.llm.opening import open_model, serving
    from windtunnel.agents.llm.settings import read_settings

    if asked.most < 1:
        raise ValueError(f"--most is {asked.most}: give a number above 0")
    settings = read_settings(_llm(asked.settings))
    if settings.store == "none" and settings.kind != "fake":
        raise ValueError(
            "words need a store, since asked again a model writes something else: set llm.store to a file"
        )
    folder = Folder(asked.out)
    acts, hours = read_acts(Path(asked.out))
    incident = chosen(find(acts.filter(pl.col("arm") != "aa"), load_rules(), hours), asked.incident)
    posts = posts_of(incident, acts, asked.most)
    experiment = plan_again(folder.read_json(folder.manifest)).experiment
    scene = experiment.builder().scene(experiment.raised())
    with serving(settings) as running:
        model = open_model(running)
        try:
            said = words_for(
                posts, _personas(folder, incident), scene, model, hours=hours, context=settings.context
            )
        finally:
            model.close()
    wrote = {"model": model.identity.model, "weights_sha256": model.identity.digest or None}
    record = {"incident": incident.id, **wrote, "posts": [_content(one) for one in said]}
    keep(folder, record)
    if asked.json:
        print_json(record)
        return OK
    new = sum(one.written == NOW for one in said)
    arm = f"draw {incident.draw}, seed {incident.seed}, arm {incident.arm}"
    print(
        plain(
            f"{incident.id} ({arm}): {counted(len(said), 'posts')} until its peak. {new} of them had no words in the run; "
            f"{wrote['model']} wrote these now, for the act and tone that the run had drawn, and no number rests on them."
        )
    )
    for one in said:
        print(plain(_line(one, hours)))
    print(
        f"`{pasted('windtunnel', 'why', asked.out, incident.id)} …` shows them from now on, marked SIMULATED."
    )
    print(summary.INSIDE)
    return OK


def _llm(words: list[str]) -> dict[str, Any]:
    """The `llm` part of the settings, of words that name no other setting."""
    if not any(word.startswith("llm=") for word in words):
        raise ValueError("say which model is to write: llm=embedded, or llm=openai with its address")
    if others := [word for word in words if not word.startswith(("llm=", "llm."))]:
        raise ValueError(
            f"{others[0]!r} is no setting of the model: the run's own settings stand as they are"
        )
    return dict(configuration.compose(["mind=llm", *words])["llm"])


def _personas(folder: Folder, incident: Incident) -> dict[str, str]:
    """Each member's persona, by the member's number as acts have it."""
    members = folder.read_table("members").filter(*[pl.col(name) == getattr(incident, name) for name in RUN])
    return dict(members.select(pl.col("member").cast(pl.String), "persona").iter_rows())


def _content(one: Said) -> dict[str, Any]:
    return {"simulated": True, **one._asdict()}


def _line(one: Said, hours: float) -> str:
    act = f"{one.tone} {'opening post' if one.kind == 'post' else 'reply'}"
    return f"SIMULATED hour {one.step * hours:g}, simulated member {one.member}, {act}: “{one.text}”"
