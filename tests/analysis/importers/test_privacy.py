"""People behind the data: each sentence of the promise about imported threads, with the test that keeps it."""

import json
import re

import polars as pl
import pytest

from windtunnel.agents.llm.remote import Destinations
from windtunnel.agents.llm.request import Request
from windtunnel.analysis.cli import main
from windtunnel.analysis.commands import why
from windtunnel.analysis.outcomes import find_outcome
from windtunnel.analysis.sweeps.objective import read_objective
from windtunnel.analysis.why.forum.sentences import NO_SANCTION

HOSTILE = ("fucking idiot", "you moron, piss off", "fuck you, Bobby", "stupid bastard Annabel")
NAMES = ("Annabel", "Bobby", "Cidric", "Danforth")
SAID = r"idiot|moron|bastard|fuck"


@pytest.fixture(scope="module")
def imported(tmp_path_factory, import_rows):
    place = tmp_path_factory.mktemp("people")
    rows = [
        {
            "id": f"p{at}",
            "parent": None if at == 0 else "p0",
            "author": NAMES[at % 4],
            "time": 1_600_000_000 + 60 * at,
            "text": "Hello there" if at == 0 else f"{HOSTILE[at % 4]} number {at}",
        }
        for at in range(9)
    ]
    acts = pl.DataFrame({"act": ["lock"], "post": ["p8"], "actor": ["Modesta"], "time": [1_600_001_000]})
    acts.write_csv(place / "log.csv")
    return import_rows(place, rows, mod_log=place / "log.csv")


@pytest.fixture(scope="module")
def page(imported, tmp_path_factory):
    """The incident page with and without `--excerpts`, and one on which members answer otherwise."""

    def written(*words, act=("--lock",)):
        path = tmp_path_factory.mktemp("page") / "page.html"
        asked = ["why", str(imported), "escalation", *act, "--at", "comment:2", "--replicates", "4"]
        assert main([*asked, "--html", str(path), *words]) == 0
        return path.read_text(encoding="utf-8")

    changed = written("--excerpts", act=("--with", "rule_reminder"))
    return {"plain": written(), "excerpts": written("--excerpts"), "changed": changed}


def question(**more):
    return Request("system", "a post of somebody", "ab", **more)


def test_imported_text_is_sent_only_to_a_loopback_model_unless_allowed():
    theirs = question(about=(("thread", "author"),))
    Destinations(["http://127.0.0.1:8000/v1"], False).check([theirs])
    remote = Destinations(["https://far.example/v1"], False)
    remote.check([question()])
    assert remote.sent_to == []
    with pytest.raises(ValueError, match=r"far\.example.*allow_remote_text=true"):
        remote.check([question(), theirs])
    assert remote.sent_to == []


def test_the_destination_is_shown_and_logged(capsys):
    remote = Destinations(["https://shown.example/v1"], True)
    remote.check([question(about=(("thread", "author"),))])
    assert "sent to shown.example" in capsys.readouterr().err
    assert remote.sent_to == ["shown.example"], "which the manifest takes"


def test_simulated_posts_of_a_page_are_marked_one_by_one_and_told_by_act_and_tone(page):
    rows = [row for row in re.findall(r"<tr.*?</tr>", page["changed"], re.DOTALL) if "SIMULATED" in row]
    assert rows and all(re.search(r"SIMULATED.*\b(reply|post)\b", row) for row in rows)
    for row in rows:
        assert not re.search(SAID, row[row.rindex("SIMULATED") :]), "no words in a real person's mouth"


def test_pages_about_imported_communities_hold_no_excerpts_by_default(page, imported, capsys):
    assert not re.search(SAID, page["plain"]) and re.search(SAID, page["excerpts"])
    capsys.readouterr()
    assert main(["incidents", str(imported)]) == 0
    assert not re.search(SAID, capsys.readouterr().out)
    assert main(["incidents", str(imported), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found and all(one["excerpt"] is None for one in found)
    assert main(["incidents", str(imported), "--excerpts"]) == 0
    assert re.search(SAID, capsys.readouterr().out)


def test_hostile_text_is_folded(page):
    folded = "".join(re.findall(r"<details>.*?</details>", page["excerpts"], re.DOTALL))
    assert re.search(SAID, folded)
    assert not re.search(SAID, re.sub(r"<details>.*?</details>", "", page["excerpts"], flags=re.DOTALL))


def test_ranking_of_members_is_off_by_default_and_says_no_blame(imported, capsys):
    import argparse

    parser = argparse.ArgumentParser()
    why.describe(parser)
    asked = parser.parse_args(["out", "escalation", "--lock"])
    assert asked.rank == 0 and asked.members is False
    capsys.readouterr()
    told = ["why", str(imported), "escalation", "--lock", "--at", "comment:4", "--replicates", "20"]
    assert main([*told, "--rank", "2", "--members"]) == 0
    said = capsys.readouterr().out
    assert (
        "changed the simulated outcome most" in said or "cannot be told" in said or "none" in said.casefold()
    )
    assert not re.search(r"\bblame on\b|\bis to blame\b|\bguilty\b|\bfault of\b", said)


def test_each_page_and_list_is_no_basis_for_a_sanction(page, imported, capsys):
    assert NO_SANCTION in page["plain"] and NO_SANCTION in page["excerpts"]
    capsys.readouterr()
    assert main(["incidents", str(imported)]) == 0
    assert "no basis for a sanction" in capsys.readouterr().out


def test_sweeps_and_optimisers_refuse_to_maximise_a_harm():
    for given in ({"lambda": "-1"}, {"lambda": "1", "cost.hostile_share": "-2"}):
        with pytest.raises(ValueError, match="would reward"):
            read_objective(given, find_outcome("escalation"))


def test_the_key_and_the_names_are_nowhere_in_the_folder(imported, page):
    key = (imported.parent / "key").read_text().strip()
    readable = pl.selectors.binary().bin.encode("hex")
    tables = [
        pl.read_parquet(path).with_columns(readable).write_csv().encode()
        for path in imported.glob("*.parquet")
    ]
    files = [path.read_bytes() for path in imported.rglob("*") if path.is_file()]
    content = b"".join([*tables, *files, *(each.encode() for each in page.values())]).lower()
    assert key.encode() not in content and bytes.fromhex(key) not in content
    for name in (*NAMES, "Modesta"):
        assert name.lower().encode() not in content


def test_names_inside_texts_are_replaced(imported):
    posts = pl.read_parquet(imported / "posts.parquet")
    bobby, annabel = posts["author"][1], posts["author"][0]
    assert f"fuck you, {bobby} number 2" in posts["text"].to_list()
    assert f"stupid bastard {annabel} number 3" in posts["text"].to_list()
