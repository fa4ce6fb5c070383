"""What the import of a folder noted of its source in import.json."""

from pathlib import Path
from typing import Any

from windtunnel.analysis.folder import Folder


def read_source(folder: Path) -> dict[str, Any]:
    """What import.json says; empty where there is none."""
    try:
        return Folder(folder).read_json(folder / "import.json")
    except ValueError:
        return {}
