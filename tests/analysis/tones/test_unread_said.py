"""What nobody read is said by `import` and by `incidents`; what people labelled is not called unread."""

import pytest

from windtunnel.analysis.cli import main

GERMAN = "Du bist ein Idiot, halt endlich den Mund."
ENGLISH = "I mounted the new saddle yesterday."
MAPPING = "id=id,parent=parent,author=author,time=time,text=text"


def bring(place, german, labelled, monkeypatch, capsys):
    """What the import of twenty posts says, and what `incidents` says of it."""
    monkeypatch.chdir(place)
    rows = [
        f'a{at},{"a0" if at else ""},w{at % 5},{1_600_000_000 + 600 * at},"{GERMAN if at < german else ENGLISH}"'
        for at in range(20)
    ]
    (place / "posts.csv").write_text("id,parent,author,time,text\n" + "\n".join(rows) + "\n")
    (place / "labels.csv").write_text("post,tone\n" + "".join(f"a{at},civil\n" for at in range(labelled)))
    more = ["--labels", "labels.csv"] if labelled else []
    assert main(["import", "table", "posts.csv", "mine", "--map", MAPPING, "--no-fit", *more]) == 0
    imported = capsys.readouterr().out
    assert main(["incidents", "mine"]) == 0
    return imported, capsys.readouterr().out


@pytest.mark.parametrize(
    ("german", "labelled", "unread"), [(20, 0, 20), (5, 0, 5), (20, 8, 12), (20, 20, 0), (0, 0, 0), (1, 0, 1)]
)
def test_the_unread_are_counted_once_labels_are_in(tmp_path, monkeypatch, capsys, german, labelled, unread):
    imported, found = bring(tmp_path, german, labelled, monkeypatch, capsys)
    plural = "post is" if unread == 1 else "posts are"
    assert (f"{unread} {plural} in a language that no reader here reads" in imported) is bool(unread)
    assert (f"{unread} of 20 posts with words are in a language" in found) is (unread >= 2)
    assert ("tone: all 20 set by hand" in imported) is (labelled == 20)
