"""The documents tell the truth: links lead somewhere, and the commands they show use settings that exist."""

import re
import shlex
from pathlib import Path

import pytest

from windtunnel.analysis.configuration import hydra_overrides

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def shown_runs() -> list[str]:
    blocks = (
        block
        for path in DOCUMENTS
        for block in re.findall(r"^```sh.*?\n(.*?)^```", path.read_text(), re.M | re.S)
    )
    return sorted(
        {
            line.split("  #")[0].strip()
            for block in blocks
            for line in block.splitlines()
            if "windtunnel run" in line
        }
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("command", shown_runs())
def test_every_run_that_is_shown_uses_settings_that_exist(command: str) -> None:
    words = shlex.split(command)
    assert words[:2] == ["windtunnel", "run"]
    hydra_overrides([word for word in words[2:] if word != "-m"], launched="-m" in words)


def test_the_readme_shows_runs() -> None:
    assert len(shown_runs()) > 8
