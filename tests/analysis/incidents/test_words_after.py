"""`windtunnel words`: text for an incident's simulated posts after the fact; the run stays as it is, real people silent."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer
from windtunnel.agents.minds.base import Unanswered
from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.acts import RECORD, read_acts
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.incidents.forum.words import NOW, RUN_WROTE, posts_of, words_for
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.terminal.ending import MISTAKE, OK
from windtunnel.sim.communities.forum.member_prompt import POSTS_TOLD

RUN = [
    "run",
    "policy=thread_lock",
    "baseline=none",
    "community.size=80",
    "draws=2",
    "seeds=1",
    "steps=24",
    "dowhy=false",
    "parallel.jobs=1",
]


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "out"
    assert main([*RUN, f"out={folder}"]) == OK
    return folder


@pytest.fixture(scope="module")
def incident(out):
    acts, hours = read_acts(out)
    return find(acts, load_rules(), hours)[0]


def scene_of(out: Path):
    experiment = plan_again(Folder(out).read_json(Folder(out).manifest)).experiment
    return experiment.builder().scene(experiment.raised())


def digests(folder: Path) -> dict[str, str]:
    files = [one for one in sorted(folder.iterdir()) if one.is_file()]
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def test_each_post_is_marked_simulated_and_nothing_of_the_run_changes(out, incident, capsys):
    before = digests(out)
    assert main(["words", str(out), incident.id, "llm=fake", "--most", "12"]) == OK
    said = capsys.readouterr().out.splitlines()
    posts = [line for line in said if "“" in line]
    assert 0 < len(posts) <= 12 and all(line.startswith("SIMULATED hour ") for line in posts)
    assert all(
        re.search(r"simulated member \d+, (civil|heated|hostile) (reply|opening post): “.+”$", one)
        for one in posts
    )
    assert f"{len(posts)} of them had no words in the run; fake wrote these now" in said[0]
    assert "not evidence of what its members would have done" in said[-1]
    assert digests(out) == before


HOSTILE = (
    "<script>document.title='run'</script><img src=x onerror=alert(1)>\u202eevil\x1b[31m\nSecond line [red]"
)


def why(out, incident, capsys, *words) -> str:
    asked = ["why", str(out), incident.id, "--lock", "--at", "onset", "--replicates", "2"]
    assert main([*asked, *words]) == OK
    return capsys.readouterr().out


def test_the_thread_side_by_side_shows_words_written_before_as_simulated_and_harmless(
    out, incident, tmp_path, capsys
):
    kept = out / "words" / f"{incident.id}.json"
    kept.unlink(missing_ok=True)
    page = tmp_path / "page.html"
    assert "“" not in why(out, incident, capsys, "--html", str(page)) and "its words" not in page.read_text()
    assert main(["words", str(out), incident.id, "llm=fake"]) == OK
    record = json.loads(kept.read_text())
    for one in record["posts"]:
        one["text"] = HOSTILE
    kept.write_text(json.dumps(record))
    capsys.readouterr()
    told = why(out, incident, capsys, "--html", str(page))
    lines = [line for line in told.splitlines() if "evil" in line]
    assert lines and all(line.startswith("  SIMULATED simulated member ") for line in lines)
    assert all("Second line [red]”" in line for line in lines)  # no word escapes its line, no markup is read
    assert "\x1b" not in told and "\u202e" not in told
    written = page.read_text()
    assert "SIMULATED “&lt;script&gt;" in written and "\x1b" not in written and "\u202e" not in written
    assert not re.search(r"<(script|img)\b", written)


def test_words_of_another_run_are_not_shown_and_a_file_of_something_else_is_said_so(out, incident, capsys):
    kept = out / "words" / f"{incident.id}.json"
    assert main(["words", str(out), incident.id, "llm=fake"]) == OK
    record = json.loads(kept.read_text())
    capsys.readouterr()
    kept.write_text(json.dumps(record | {"events_sha256": "of another run"}))
    assert "“" not in why(out, incident, capsys)
    for wrong in (record | {"posts": [{"post": "x"}]}, record | {"posts": 3}, record | {"posts": [[]]}):
        kept.write_text(json.dumps(wrong))
        assert main(["why", str(out), incident.id, "--lock", "--replicates", "1"]) == MISTAKE
        assert "is not what `windtunnel words` writes: delete it" in capsys.readouterr().err
    kept.unlink()


def test_asked_again_it_says_the_same_and_json_says_who_wrote_it(out, incident, capsys):
    told = []
    for _ in range(2):
        assert main(["words", str(out), incident.id, "llm=fake", "--json"]) == OK
        told.append(json.loads(capsys.readouterr().out))
    assert told[0] == told[1] and told[0]["model"] == "fake" and told[0]["incident"] == incident.id
    assert all(one["simulated"] is True and one["written"] == NOW for one in told[0]["posts"])


def test_act_and_tone_are_the_run_s_and_a_writer_has_read_only_what_was_written_before_it(out, incident):
    class Noting(FakeModel):
        asked: list = []

        def ask(self, requests):
            self.asked += requests
            return [
                Answer((), text=f"Text {len(self.asked) - len(requests) + place}.")
                for place in range(len(requests))
            ]

    model, (acts, hours) = Noting(), read_acts(out)
    posts = posts_of(incident, acts, 200)
    said = words_for(posts, {}, scene_of(out), model, hours=hours)
    assert [(one.post, one.tone, one.step) for one in said] == posts.select("post", "tone", "step").rows()
    assert len(model.asked) == len(said) > 5
    for one, request in zip(said, model.asked, strict=True):
        earlier = {other.text for other in said if other.step < one.step and other.place == one.place}
        shown = re.findall(r"“(.*?)”", request.user)
        assert len(shown) == min(POSTS_TOLD, len(earlier)) and set(shown) <= earlier
        assert f"The tone is {one.tone}" in request.user


def test_words_that_the_run_wrote_are_kept_and_not_asked_for(tmp_path, capsys):
    out = tmp_path / "out"
    more = ["mind=llm", "llm=fake", "prompt=member", "outcome.threshold=1"]
    assert main([*RUN, *more, f"out={out}"]) == OK
    acts, hours = read_acts(out)
    found = find(acts, load_rules({"escalation": {"threshold": 1}}), hours)[0]
    capsys.readouterr()

    class Never(FakeModel):
        def ask(self, requests):
            raise AssertionError("nothing is to be asked")

    said = words_for(posts_of(found, acts, 30), {}, None, Never(), hours=hours)
    assert {one.written for one in said} == {RUN_WROTE} and all(one.text for one in said)


def test_a_text_that_is_not_to_be_had_is_said(out, incident):
    class Silent(FakeModel):
        def ask(self, requests):
            return [Unanswered("read", "an empty text") for _ in requests]

    acts, hours = read_acts(out)
    with pytest.raises(ValueError, match="got no words: an empty text"):
        words_for(posts_of(incident, acts, 5), {}, scene_of(out), Silent(), hours=hours)


def test_no_words_are_put_into_a_real_person_s_mouth(out, incident):
    acts, _ = read_acts(out)
    with pytest.raises(ValueError, match="stand for real people"):
        posts_of(incident._replace(arm=RECORD), acts, 5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "say which model is to write"),
        (["llm=fake", "policy=none"], "'policy=none' is no setting of the model"),
        (["llm=openai", "llm.model=m", "llm.store=none"], "words need a store"),
        (["llm=fake", "--most", "0"], "--most is 0"),
        (["llm=fak"], "llm=fak is not known"),
    ],
)
def test_a_mistake_is_one_sentence(out, incident, words, sentence, capsys):
    assert main(["words", str(out), incident.id, *words]) == MISTAKE
    told = capsys.readouterr().err
    assert sentence in told and len(told.strip().splitlines()) == 1
