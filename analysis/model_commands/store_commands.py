"""`windtunnel store`: what the response store holds, whether it is sound, a copy of it as text, and what to drop."""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from windtunnel.agents.llm.cache import default_store
from windtunnel.agents.llm.request import key_of
from windtunnel.agents.llm.store import ResponseStore
from windtunnel.agents.llm.store_file import aside_of, checksum, unpacked
from windtunnel.analysis.numbers_in_words import counted
from windtunnel.analysis.terminal.ending import FAILED, OK, plain


def store(asked: argparse.Namespace) -> int:
    """Run one of the four; `verify` ends with 3 if anything is amiss, and none of them ever sets a store aside."""
    path = Path(asked.path).expanduser() if asked.path else default_store()
    if not path.is_file():
        raise ValueError(f"there is no response store at {path}: name its file, or run with mind=llm first")
    kept = ResponseStore(path, renew=False)
    try:
        return _WHAT[asked.what](kept, asked)
    finally:
        kept.close()


def information(store: ResponseStore) -> dict[str, Any]:
    """Answers by model and tokens paid for them, how many were made of whose imported words, bytes on disk with SQLite's
    side files, and stores set aside."""
    models: Counter[str] = Counter()
    tokens_in = tokens_out = 0
    for _, request, content, _ in store.rows():
        answer = unpacked(content)
        models[_model(request)] += 1
        tokens_in, tokens_out = tokens_in + answer.tokens_in, tokens_out + answer.tokens_out
    sides = [store.path.with_name(store.path.name + end) for end in ("", "-wal")]
    return {
        "path": str(store.path),
        "answers": sum(models.values()),
        "models": dict(models.most_common()),
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "imported": store.imported(),
        "bytes": sum(side.stat().st_size for side in sides if side.exists()),
        "set_aside": [one.name for one in aside_of(store.path) if not one.name.endswith(("-wal", "-shm"))],
    }


def faults(store: ResponseStore) -> Iterator[dict[str, str]]:
    """Each row that is not what was written: its key, and what is amiss."""
    for key, request, content, check in store.rows():
        if type(content) is not bytes or check != checksum(key, content):
            yield {"key": key, "fault": "the answer differs from its checksum"}
        elif key_of(request) != key:
            yield {"key": key, "fault": "the question is not the one that the key was made of"}


def _info(store: ResponseStore, asked: argparse.Namespace) -> int:
    told = information(store)
    if asked.json:
        _print_json(told)
        return OK
    print(f"{told['path']}: {told['answers']} answers, {told['bytes'] / 1e6:.1f} MB")
    print(f"Tokens that they took: {told['tokens_in']} in, {told['tokens_out']} out")
    for model, number in told["models"].items():
        print(plain(f"  {number} of {model}"))
    imported = told["imported"]
    if imported["answers"]:
        print(
            f"Made of imported words: {imported['answers']} answers, of {imported['threads']} threads and "
            f"{imported['authors']} authors"
        )
    for name in told["set_aside"]:
        print(f"Set aside, damaged: {name}")
    return OK


def _verify(store: ResponseStore, asked: argparse.Namespace) -> int:
    found = list(faults(store))
    if asked.json:
        _print_json({"path": str(store.path), "answers": len(store), "faults": found})
    else:
        for fault in found:
            print(plain(f"{fault['key']}: {fault['fault']}"))
        print(
            f"{counted(len(store), 'answers')}, {len(found)} of them faulty"
            if found
            else f"{counted(len(store), 'answers')}, all sound"
        )
    return FAILED if found else OK


def _export(store: ResponseStore, asked: argparse.Namespace) -> int:
    """One JSON document a line (request, logp, tokens); to a file under a temporary name, or standard output."""
    bad = next(faults(store), None)
    if bad:
        raise ValueError(f"the store is faulty ({bad['fault']}): see `windtunnel store verify`")
    if not asked.to:
        number = _write_lines(store, sys.stdout)
        print(f"{number} answers", file=sys.stderr)
        return OK
    target = Path(asked.to)
    with tempfile.NamedTemporaryFile(
        "w", dir=target.parent, prefix=target.name, suffix=".partial", delete=False, encoding="utf-8"
    ) as file:
        try:
            number = _write_lines(store, file)
            file.flush()
            os.replace(file.name, target)  # noqa: PTH105
        finally:
            Path(file.name).unlink(missing_ok=True)
    if asked.json:
        _print_json({"exported": number, "to": str(target)})
    else:
        print(f"{number} answers: {target}")
    return OK


def _prune(store: ResponseStore, asked: argparse.Namespace) -> int:
    """Remove answers by their model, by words in their question, or by whose imported words it holds; give the room back."""
    if not (asked.model or asked.words or asked.thread or asked.author):
        raise ValueError(
            "store prune needs --model NAME (as `store info` lists it), --words TEXT, --thread KEY or --author KEY"
        )
    gone = 0
    if asked.model:
        gone += store.remove("json_extract(request, '$.model') = ?", asked.model)
    if asked.words:
        gone += store.forget(asked.words)
    if asked.thread:
        gone += store.forget(thread=asked.thread)
    if asked.author:
        gone += store.forget(author=asked.author)
    store.compact()
    aside = information(store)["set_aside"]
    if asked.json:
        _print_json({"removed": gone, "answers": len(store), "set_aside": aside})
        return OK
    print(f"{counted(gone, 'answers')} removed, {len(store)} left")
    for name in aside:
        print(f"{name}, a damaged store that was set aside, may still hold them: it is yours to remove")
    return OK


_WHAT = {"info": _info, "verify": _verify, "export": _export, "prune": _prune}


def _write_lines(store: ResponseStore, file: IO[str]) -> int:
    number = 0
    for _, request, content, _ in store.rows():
        answer = unpacked(content)
        line: Mapping[str, Any] = {"request": json.loads(request), **answer._asdict()}
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        number += 1
    return number


def _model(request: str) -> str:
    try:
        return str(json.loads(request)["model"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
