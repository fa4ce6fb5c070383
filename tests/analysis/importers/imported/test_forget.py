"""What is forgotten is nowhere in the folder any more."""

import json

import polars as pl
import pytest

from windtunnel.agents.llm.request import Answer
from windtunnel.agents.llm.store import ResponseStore
from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.people.identities import read_identities


@pytest.fixture
def imported(tmp_path, import_rows):
    rows = [
        {"id": "a", "parent": None, "author": "Ann", "time": 0, "text": "A question about saddles"},
        {"id": "b", "parent": "a", "author": "Bobby", "time": 60, "text": "The secret word is xylophone"},
        {"id": "c", "parent": "b", "author": "Ann", "time": 120, "text": "@Bobby thanks"},
        {"id": "d", "parent": None, "author": "Cid", "time": 180, "text": "Another thread on zeppelins"},
    ]
    return import_rows(tmp_path, rows)


def everything(folder) -> bytes:
    table = pl.read_parquet(folder / "posts.parquet").write_csv().encode()
    return b"".join([table, *(path.read_bytes() for path in folder.iterdir())])


def test_an_author_s_words_name_and_pages_are_gone_and_answers_stay(imported):
    bobby = pl.read_parquet(imported / "posts.parquet").filter(pl.col("text").str.contains("xylophone"))[
        "author"
    ][0]
    (imported / "incident.html").write_text(f"{bobby}: xylophone")
    assert main(["forget", str(imported), "--author", bobby]) == 0
    found = everything(imported)
    assert b"xylophone" not in found and bobby.encode() not in found
    assert pl.read_parquet(imported / "posts.parquet")["parent"].to_list() == [None, None, None]


def test_a_thread_is_gone_and_a_stranger_changes_nothing(imported, capsys):
    assert main(["forget", str(imported), "--thread", "2"]) == 0
    assert b"zeppelins" not in everything(imported)
    before = everything(imported)
    assert main(["forget", str(imported), "--author", "u99999"]) == 2
    assert "nothing was changed" in capsys.readouterr().err and everything(imported) == before


def author_of(folder, word):
    return pl.read_parquet(folder / "posts.parquet").filter(pl.col("text").str.contains(word))["author"][0]


def again(imported):
    mapping = {role: role for role in ("id", "parent", "author", "time", "text")}
    place = imported.parent
    return import_corpus("table", place / "posts.csv", imported, mapping=mapping, key_file=place / "key")


def test_importing_again_does_not_bring_anybody_or_any_thread_back(imported):
    assert main(["forget", str(imported), author_of(imported, "xylophone")]) == 0
    assert main(["forget", str(imported), "2"]) == 0
    report = again(imported)
    found = everything(imported)
    for word in (b"xylophone", b"zeppelins", b"Bobby", b"Cid"):
        assert word not in found
    posts = pl.read_parquet(imported / "posts.parquet")
    assert posts["text"].to_list() == ["A question about saddles", "@<name> thanks"]
    assert any("2 posts of people and threads that were forgotten" in each for each in report.sentences)


def test_another_key_cannot_know_the_forgotten_again_and_says_so(imported):
    assert main(["forget", str(imported), author_of(imported, "xylophone")]) == 0
    (imported.parent / "key").write_text("cd" * 32)
    before = everything(imported)
    with pytest.raises(ValueError, match="forgotten in .* under another key"):
        again(imported)
    assert everything(imported) == before


def test_answers_made_of_the_words_leave_the_store_with_their_bytes(imported, tmp_path):
    identities = read_identities(imported)
    bobby, ann, cid = (author_of(imported, word) for word in ("xylophone", "saddles", "zeppelins"))
    store = ResponseStore(tmp_path / "answers.sqlite")
    answer = Answer((-1.0,))
    store.put("k1", '{"said": "xylophone"}', answer, [identities.about(1, bobby)])
    store.put("k2", f'{{"said": "@{bobby} thanks"}}', answer, [identities.about(1, ann)])
    store.put("k3", '{"said": "zeppelins"}', answer, [identities.about(2, cid)])
    store.close()
    again(imported)  # keys outlast an import under the same key
    assert read_identities(imported).about(1, bobby) == identities.about(1, bobby)
    page = imported / "why" / "incident.html"
    page.parent.mkdir()
    page.write_text("xylophone")
    (imported / "why.json").write_text('{"post": "xylophone"}')
    assert main(["forget", str(imported), bobby, "--store", str(store.path)]) == 0
    left = b"".join(path.read_bytes() for path in tmp_path.glob("answers.sqlite*")) + everything_below(
        imported
    )
    assert b"xylophone" not in left and bobby.encode() not in left
    assert list(ResponseStore(store.path).get_many(["k1", "k2", "k3"])) == ["k3"]


def test_acts_of_moderators_on_the_forgotten_go_and_those_by_them_lose_their_name(tmp_path, import_rows):
    rows = [
        {"id": "a", "parent": None, "author": "Ann", "time": 0, "text": "one"},
        {"id": "b", "parent": "a", "author": "Bobby", "time": 60, "text": "two"},
    ]
    acts = [("remove", "b", "Ann", 70), ("lock", "a", "Bobby", 80)]
    pl.DataFrame(acts, schema=["act", "post", "actor", "time"], orient="row").write_csv(tmp_path / "log.csv")
    out = import_rows(tmp_path, rows, mod_log=tmp_path / "log.csv")
    bobby = author_of(out, "two")
    assert main(["forget", str(out), "--author", bobby]) == 0
    left = pl.read_parquet(out / "moderation.parquet")
    assert left.select("act", "actor").rows() == [("lock", "moderator")]
    assert bobby.encode() not in everything_below(out)


def test_a_person_is_found_by_name_with_the_key_alone(imported, monkeypatch, capsys):
    monkeypatch.chdir(imported.parent)
    assert main(["forget", str(imported), "--name", "bobby "]) == 2
    assert "no key" in capsys.readouterr().err
    (imported.parent / ".windtunnel").mkdir()
    (imported.parent / "key").rename(imported.parent / ".windtunnel" / "pseudonym.key")
    assert main(["forget", str(imported), "--name", "bobby "]) == 0
    assert b"xylophone" not in everything(imported)
    assert main(["forget", str(imported), "--name", "Zed"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_a_thread_is_found_by_its_id_in_the_source_with_the_key_alone(tmp_path, monkeypatch, capsys):
    comment = {"author": "Ann", "body": "zeppelins", "parent_id": "t3_x1", "created_utc": 1_500_000_000}
    lines = [comment | {"id": name, "link_id": f"t3_{thread}"} for name, thread in (("a", "x1"), ("b", "y2"))]
    (tmp_path / "RC_x").write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.chdir(tmp_path)
    import_corpus("reddit", tmp_path / "RC_x", tmp_path / "mine")
    assert main(["forget", "mine", "--source-thread", "zz"]) == 2
    assert "no thread in mine has that id" in capsys.readouterr().err
    assert main(["forget", "mine", "--source-thread", "x1", "--thread", "1"]) == 2
    assert main(["forget", "mine", "--source-thread", "x1"]) == 0  # t3_x1, as its address shows it
    left = pl.read_parquet("mine/posts.parquet")
    assert left.height == 1 and "thread 1 is forgotten" in capsys.readouterr().out
    assert main(["forget", "mine", "--source-thread", "t3_y2"]) == 0
    (tmp_path / ".windtunnel" / "pseudonym.key").unlink()
    assert main(["forget", "mine", "--source-thread", "t3_y2"]) == 2
    assert "no key" in capsys.readouterr().err


def test_stores_set_aside_as_damaged_are_named_and_not_cleaned(imported, tmp_path, capsys):
    ResponseStore(tmp_path / "answers.sqlite").put("k", "{}", Answer((-1.0,)))
    aside = tmp_path / "answers.sqlite.damaged-20240101-000000"
    aside.write_bytes(b"xylophone")
    store = ["--store", str(tmp_path / "answers.sqlite")]
    assert main(["forget", str(imported), "1", *store]) == 0
    said = capsys.readouterr().out
    assert f"Not cleaned, since they are damaged; delete them: {aside}." in said and aside.exists()
    assert main(["forget", str(imported), "2", *store, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["set_aside"] == [str(aside)]


def everything_below(folder) -> bytes:
    readable = pl.selectors.binary().bin.encode("hex")
    tables = [
        pl.read_parquet(path).with_columns(readable).write_csv().encode()
        for path in folder.rglob("*.parquet")
    ]
    return b"".join([*tables, *(path.read_bytes() for path in folder.rglob("*") if path.is_file())])
