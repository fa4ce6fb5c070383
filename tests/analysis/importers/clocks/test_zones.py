"""Times of which some name a zone and others none are said: those without are read as UTC."""

import pytest

from windtunnel.analysis.cli import main

PLAIN = "2023-05-01 10:00"


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (["2023-05-01T12:05:00+02:00", "2023-05-01T10:10:00Z"], True),
        (["2023-05-01 10:05 UTC", "2023-05-01 12:10 Europe/Berlin"], True),
        (["2023-05-01 10:05", "2023-05-01 10:10:30"], False),
        (["2023-05-02", "2023-05-03"], False),
    ],
)
def test_some_with_a_zone_and_some_without(tmp_path, capsys, others, said):
    rows = [f"{at},ann,{time}" for at, time in enumerate([PLAIN, *others])]
    (tmp_path / "posts.csv").write_text("id,who,at\n" + "\n".join(rows) + "\n")
    out = str(tmp_path / "out")
    assert (
        main(
            [
                "import",
                "table",
                str(tmp_path / "posts.csv"),
                out,
                "--map",
                "id=id,author=who,time=at",
                "--no-fit",
            ]
        )
        == 0
    )
    told = capsys.readouterr().out
    assert ("1 time of day names no zone, and others do: those without are read as UTC" in told) is said
