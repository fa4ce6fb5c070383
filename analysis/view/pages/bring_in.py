"""Bring in: a file that is dropped or named, its format, a preview with its columns, and the import as a job."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.importers.corpus import FORMATS
from windtunnel.analysis.importers.formats.mapping import ROLES
from windtunnel.analysis.importers.formats.recognise import TABLES, preview, recognise
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.jobs import HERE
from windtunnel.analysis.view.pages.jobs import of_output
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Refused, Tab, get, post
from windtunnel.analysis.view.site import UPLOADS, Site, site_of

TAB = Tab("Bring in", "/bring-in", 20)
BLOCK = 1 << 20
CELL = 80
"""Characters of a cell that the preview shows."""
PACKED = (".gz", ".bz2", ".xz", ".zst")
NOT_READ = "none"
"""How the import's words for who read the tones begin, where nobody did."""
_NAME = re.compile(r"[\w][\w .,=+()-]{0,80}")


def show(request: Request) -> Response:
    """Where a file is dropped or a path is named; beside it what lies in the folder and may be one."""
    site = site_of(request)
    return render(
        request,
        "bring_in.html",
        title="Bring in a community",
        command="windtunnel import FORMAT FILE OUT",
        found=_candidates(site),
        most=site.most_uploaded,
    )


def upload(request: Request, form: Mapping[str, Any]) -> Response:
    """Keep a file that was sent under a name of its own in the folder's `uploads`."""
    site = site_of(request)
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise ValueError("choose a file first")
    name = _plain_name(sent.filename)
    folder = site.path(UPLOADS)
    folder.mkdir(exist_ok=True)
    path = _free(folder, name)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("xb") as file:
            while block := sent.file.read(BLOCK):
                file.write(block)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return RedirectResponse(f"/bring-in/look?path={quote(site.name_of(path))}", 303)


def look(request: Request) -> Response:
    """The format, and of a table its first rows with what each column is taken for."""
    site = site_of(request)
    given = request.query_params
    path = _record(site, given.get("path", ""))
    chosen = given.get("format", "")
    try:
        found = recognise(path)
        format, why = found
    except ValueError as error:
        format, why = "", str(error)
    format = chosen if chosen in FORMATS else format
    table, trouble = None, ""
    if format == "table":
        try:
            table = preview(
                path, encoding=given.get("encoding") or None, separator=given.get("separator") or None
            )
        except ValueError as error:
            trouble = str(error)
    name = site.name_of(path)
    return render(
        request,
        "look.html",
        title=f"Bring in {path.name}",
        command=pasted(
            "windtunnel",
            "import",
            format or "FORMAT",
            site.shown_path(name),
            site.shown_path(_out_name(path)),
            *(["--map", _mapped(table.likely)] if table else []),
        ),
        path=name,
        format=format,
        why=why,
        formats=FORMATS,
        table=table,
        trouble=trouble,
        roles=ROLES,
        cells=CELL,
        out=_out_name(path),
        given=given,
    )


def bring(request: Request, form: Mapping[str, Any]) -> Response:
    """Begin the import."""
    site = site_of(request)
    path = _record(site, str(form.get("path", "")))
    format, out = str(form.get("format", "")), str(form.get("out", "")).strip()
    if format not in FORMATS:
        raise ValueError(f"choose a format: {', '.join(FORMATS)}")
    if not _NAME.fullmatch(out):
        raise ValueError("give the community a name of letters, digits and spaces: its folder is called so")
    target = site.path(out)
    if target.exists() and not (target / "posts.parquet").is_file() and any(target.iterdir()):
        raise ValueError(f"{out} is a folder with something else in it: give another name")
    words = [
        "import",
        format,
        site.shown_path(site.name_of(path)),
        site.shown_path(site.name_of(target)),
        "--json",
    ]
    if format == "table":
        mapping = {role.name: str(form.get(f"role.{role.name}", "")) for role in ROLES}
        columns = {role: column for role, column in mapping.items() if column}
        if odd := [column for column in columns.values() if "," in column or "=" in column]:
            raise ValueError(
                f"the column {odd[0][:60]!r} has a comma or a = in its name: rename it in the file"
            )
        words.append(f"--map={_mapped(columns)}")
        words += [f"--{name}={form[name]}" for name in ("encoding", "separator") if form.get(name)]
    if log := str(form.get("mod_log", "")).strip():
        words.append(f"--mod-log={site.shown_path(site.name_of(_record(site, log)))}")
    if mod_map := str(form.get("mod_map", "")).strip():
        words.append(f"--mod-map={mod_map}")
    about = {"kind": "import", "out": out, "page": f"/brought/{HERE}"}
    about["back"] = f"/bring-in/look?path={quote(site.name_of(path))}"
    job = site.jobs.add(words, f"bring in {path.name} as {out}", about)
    return RedirectResponse(f"/jobs/{job.name}", 303)


def brought(request: Request) -> Response:
    """What came in, what was refused and why, and what comes next."""
    site = site_of(request)
    job = site.jobs.one(request.path_params["name"])
    found = job.answer()
    if job.about.get("kind") != "import" or not isinstance(found, dict):
        raise Refused(404, "This job has brought in nothing.")
    return render(
        request,
        "brought.html",
        title=f"{job.about['out']} is here",
        command=job.command,
        found=found,
        out=job.about["out"],
        unread=str(found.get("tone", "")).startswith(NOT_READ),
        again=job.about["back"] if "/look?" in str(job.about.get("back")) else "",
    )


def _mapped(columns: Mapping[str, str]) -> str:
    """Columns by their roles, as `import table --map` takes them."""
    return ",".join(f"{role}={column}" for role, column in columns.items())


def _record(site: Site, name: str) -> Path:
    """The file or folder that is named; `ValueError` where there is none, or it is the folder itself."""
    path = site.path(name)
    if not name.strip() or path == site.folder or not (path.is_file() or path.is_dir()):
        raise ValueError(f"there is no {name[:80]!r} in this folder: name a file or a folder inside it")
    return path


def _candidates(site: Site) -> list[str]:
    """Files of the folder and of its uploads that may be a record."""
    places = [site.folder, site.folder / UPLOADS]
    files = [path for place in places if place.is_dir() for path in sorted(place.iterdir())]
    return [site.name_of(path) for path in files if path.is_file() and _may_be(path)][:100]


def _may_be(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in PACKED]
    return bool(suffixes) and suffixes[-1] in TABLES | {".xml"} and not path.name.startswith(".")


def _plain_name(sent: str) -> str:
    """A file's name without folders and odd signs; what a browser sends is no path of ours.

    >>> _plain_name("../../etc/pass wd.csv"), _plain_name("C:\\\\x\\\\<b>.json"), _plain_name("...")
    ('pass wd.csv', '_b_.json', 'record')
    """
    name = sent.replace("\\", "/").rsplit("/", 1)[-1]
    return re.sub(r"[^\w .=+()-]", "_", name).strip(" .")[-100:] or "record"


def _free(folder: Path, name: str) -> Path:
    """A path in the folder that nothing has yet."""
    stem, dot, rest = name.partition(".")
    paths = (folder / (name if number == 1 else f"{stem}-{number}{dot}{rest}") for number in range(1, 10_000))
    return next(path for path in paths if not path.exists())


def _out_name(path: Path) -> str:
    return re.sub(r"[^\w-]+", "-", path.name.split(".")[0]).strip("-") or "community"


ROUTES = [
    get("/bring-in", show),
    post("/bring-in", upload, most=lambda request: site_of(request).most_uploaded),
    get("/bring-in/look", look),
    post("/bring-in/begin", bring),
    get("/brought/{name}", of_output(brought)),
]
