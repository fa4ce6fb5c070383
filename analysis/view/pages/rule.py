"""A rule on the record: a draft, what it would have touched, and what would have followed."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.rules.loading import WORDS, YAML, load, load_text
from windtunnel.analysis.rules.replayed_content import replayed_of
from windtunnel.analysis.rules.tell import (
    NO_SANCTION,
    SHADOW,
    clause_rows,
    group_rows,
    period_rows,
    rule_rows,
    sentences,
    touched_rows,
    word_rows,
)
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view import asking
from windtunnel.analysis.view.contents import COMMUNITY, contents
from windtunnel.analysis.view.jobs import HERE, Job
from windtunnel.analysis.view.pages.jobs import of_output
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Refused, Tab, get, post
from windtunnel.analysis.view.site import Site, site_of

TAB = Tab("Try a rule", "/rule", 30)
RULES = "rules"
ENDINGS = {"words": (".txt", WORDS), "automoderator": (".yaml", YAML)}
SHOWN = 200
"""Touched posts that a page lists."""
_NAME = re.compile(r"[\w][\w -]{0,60}")


def show(request: Request) -> Response:
    """Where a rule is written, and the drafts and replays so far."""
    site = site_of(request)
    policy = request.query_params.get("policy", "")
    draft = request.query_params.get("draft", "")
    return render(
        request,
        "rule.html",
        title="Try a rule on the record",
        command=pasted("windtunnel", "replay", "RULE", "OUT"),
        communities=[thing.name for thing in contents(site.folder) if thing.kind == COMMUNITY],
        out=request.query_params.get("out", ""),
        policies=asking.policy_summaries(),
        policy=policy,
        fields=asking.fields_of(policy) if policy else [],
        drafts=_drafts(site),
        draft=draft,
        text=_draft(site, draft),
        replays=site.jobs.about(kind="replay")[:30],
    )


def begin(request: Request, form: Mapping[str, Any]) -> Response:
    """Keep the draft where it can be read, and replay it as a job; what is wrong with it is said at once."""
    site = site_of(request)
    out = str(form.get("out", ""))
    target = site.path(out)
    if not (target / "posts.parquet").is_file():
        raise ValueError("choose the community on whose record the rule is tried")
    kind = str(form.get("kind", ""))
    if kind == "policy":
        rule, words = str(form.get("policy", "")), _parameters(form)
        load(rule, dict(word.removeprefix("--param=").split("=", 1) for word in words) if words else {})
    elif kind in ENDINGS:
        rule, words = site.shown_path(_kept(site, form, kind)), []
    else:
        raise ValueError("choose a list of words, AutoModerator's YAML or a policy")
    about = {"kind": "replay", "out": out, "page": f"/replayed/{HERE}", "back": "/rule"}
    asked = ["replay", rule, site.shown_path(out), *words, "--json", "--html", f"{HERE}/replay.html"]
    job = site.jobs.add(asked, f"{rule.rsplit('/', 1)[-1]} on {out}", about)
    return RedirectResponse(f"/jobs/{job.name}", 303)


def replayed(request: Request) -> Response:
    """What the rule would have touched, and the button to what would have followed."""
    job, content = _replay(request, request.path_params["name"])
    found = replayed_of(content)
    tables = (
        ("Whose posts", group_rows(found)),
        ("When", period_rows(found)),
        ("By which rule", rule_rows(found) if len(found.rules) > 1 else []),
        ("By which check", clause_rows(found)),
        ("By which word, the first that stands in a touched post", word_rows(found, 30)),
    )
    follows = content.get("follows")
    return render(
        request,
        "replayed.html",
        title=job.title,
        command=job.command,
        job=job,
        sentences=sentences(found),
        shadow=SHADOW,
        no_sanction=NO_SANCTION,
        tables=[(title, rows) for title, rows in tables if rows],
        touched=touched_rows(found, SHOWN),
        more=max(found.touches.height - SHOWN, 0),
        follows=follows,
        page=f"/files/jobs/{job.name}/replay.html" if (job.path / "replay.html").is_file() else "",
    )


def follow(request: Request, form: Mapping[str, Any]) -> Response:
    """Twins of the community with and without the rule, as a run of its own."""
    site = site_of(request)
    job, content = _replay(request, str(form.get("job", "")))
    follows = content.get("follows")
    if not follows:
        raise ValueError("this rule takes nothing away, so nothing would have followed")
    out = str(job.about["out"])
    name = f"{out}-{job.name[-6:]}-twins"
    given = [
        f"policy_with.{follows['policy']}.{key}={asking.shown(value)}"
        for key, value in follows["parameters"].items()
    ]
    words = ["run", f"community.profile={site.shown_path(out)}", f"policy={follows['policy']}", *given]
    words += [*site.settings(), "draws=10", "seeds=2", "dowhy=false", f"out={site.shown_path(name)}"]
    about = {"kind": "run", "out": name, "page": f"/run?out={name}", "back": f"/replayed/{job.name}"}
    begun = site.jobs.add(words, f"what would have followed: {job.title}", about)
    return RedirectResponse(f"/jobs/{begun.name}", 303)


def _replay(request: Request, name: str) -> tuple[Job, dict[str, Any]]:
    job = site_of(request).jobs.one(name)
    content = job.answer()
    if job.about.get("kind") != "replay" or not isinstance(content, dict):
        raise Refused(404, "This job has replayed no rule, or has not ended.")
    return job, content


def _parameters(form: Mapping[str, Any]) -> list[str]:
    policy = str(form.get("policy", ""))
    return [
        f"--param={key}={value}"
        for key, default in asking.askable_parameters(policy).items()
        if (value := str(form.get(f"param.{key}", "")).strip()) and value != asking.shown(default)
    ]


def _kept(site: Site, form: Mapping[str, Any], kind: str) -> str:
    """The draft's file in the folder's `rules`, named by what it says, so that no other is written over."""
    text = str(form.get("text", "")).replace("\r\n", "\n")
    name = str(form.get("name", "")).strip() or "draft"
    if not _NAME.fullmatch(name):
        raise ValueError("give the rule a name of letters, digits and spaces")
    ending, source = ENDINGS[kind]
    load_text(text, name, source)
    folder = Folder(site.path(RULES))
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    path = folder.path / f"{name}-{digest}{ending}"
    folder.write_text(path, text)
    return site.name_of(path)


def _drafts(site: Site) -> list[str]:
    folder = site.folder / RULES
    endings = {ending for ending, _ in ENDINGS.values()}
    return sorted(path.name for path in folder.iterdir() if path.suffix in endings) if folder.is_dir() else []


def _draft(site: Site, name: str) -> str:
    """The text of a draft that was kept; empty for a new one."""
    if name not in _drafts(site):
        return ""
    return (site.folder / RULES / name).read_text(encoding="utf-8", errors="replace")


ROUTES = [
    get("/rule", show),
    post("/rule", begin),
    get("/replayed/{name}", of_output(replayed)),
    post("/replayed/follow", follow),
]
