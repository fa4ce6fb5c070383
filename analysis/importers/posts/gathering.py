"""Gathers posts line by line into columns, and their texts into a file without a name, so that memory stays small."""

import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.importers.clocks.clock import Kind, Settled, settle, settle_list, written
from windtunnel.analysis.importers.clocks.times import EitherWay
from windtunnel.analysis.importers.files.lines import TOO_LONG, BrokenOff, Told, json_values, numbered_lines
from windtunnel.analysis.importers.people.pseudonyms import composed
from windtunnel.analysis.importers.posts.placeholders import nobody, perhaps_nobody, placeholder
from windtunnel.analysis.importers.posts.raw import Aliases, BadLine, RawAct, RawPost
from windtunnel.analysis.importers.values.convert import an_object, parse_json
from windtunnel.analysis.importers.values.missing import empty
from windtunnel.analysis.importers.values.unwrapping import is_empty, unwrapped
from windtunnel.analysis.numbers_in_words import counted

CHUNK_POSTS = 10_000
CHUNK_CHARACTERS = 2**22
MAX_LISTED = 100_000
"""Bad lines beyond these are counted, not listed."""

FACTS: dict[str, Any] = {
    "id": pl.String,
    "parent": pl.String,
    "thread": pl.String,
    "author": pl.String,
    "time": pl.Float64,
    "form": pl.Int8,
    "status": pl.Enum(["visible", "removed", "deleted", "gone"]),
    "score": pl.Int64,
    "controversial": pl.Boolean,
    "up": pl.Int64,
    "down": pl.Int64,
    "kind": pl.Enum(["thread", "reply"]),
    "moderator": pl.Boolean,
    "bot": pl.Boolean,
    "other_id": pl.String,
    "tone": pl.Enum(["civil", "heated", "hostile"]),
    "title": pl.String,
    "file": pl.Int32,
    "line": pl.Int64,
    "spoken": pl.Boolean,
    "heard": pl.Enum(["civil", "heated", "hostile"]),
}
"""Columns of a post without its text: those of `RawPost`, how its time was written, where it stood, whether it has
words, what the scorer hears."""

Hearing = Callable[[list[str]], list[str | None]]


class Texts:
    """Chunks of texts, packed, in a file that no folder lists and that ends with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: IO[bytes] | None = None
        self._places: list[tuple[int, int]] = []

    @property
    def _file(self) -> IO[bytes]:
        if self._opened is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._opened = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        return self._opened

    def add(self, chunk: pl.DataFrame) -> None:
        packed = io.BytesIO()
        chunk.write_ipc(packed, compression="lz4")
        start = self._file.seek(0, io.SEEK_END)
        self._places.append((start, self._file.write(packed.getbuffer())))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> pl.DataFrame:
        start, length = self._places[number]
        self._file.seek(start)
        return pl.read_ipc(io.BytesIO(self._file.read(length)))

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class Record(NamedTuple):
    """A record as read: facts of the posts in order of time, their texts in chunks of the order of reading (`row`).

    `aliases` has for each author the other names it goes by; `changed` the status that a later line gave a
    post; `files` the names of the files read, in order, for the screen alone. `scale` says what the times are: `dates`,
    seconds of their `own`, or `none`, and then the rows stand a minute apart in their order.
    """

    facts: pl.DataFrame
    texts: Texts
    acts: list[RawAct]
    aliases: dict[str, set[str]]
    changed: dict[str, str]
    bad: list[BadLine]
    bad_reasons: Counter[str]
    files: list[str]
    lines: int
    remarks: tuple[str, ...] = ()
    scale: str = "dates"


class Collector:
    """Takes posts and acts from a reader; a line whose reader raises `ValueError` is counted and listed."""

    def __init__(self, folder: Path, hear: Hearing, max_bytes: int, told: Told | None = None) -> None:
        """Texts wait in a nameless file of `folder`; `hear` gives the tone of a list of texts."""
        self.texts = Texts(folder)
        self.acts: list[RawAct] = []
        self.log: tuple[list[RawAct], Settled] | None = None
        self.times = Kind()
        self.counted: Counter[str] = Counter()
        self.remarks: list[str] = []
        self.aliases: dict[str, set[str]] = {}
        self.changed: dict[str, str] = {}
        self.files: list[str] = []
        self.file = 1
        """The number of the file begun last."""
        self.posts = 0
        self.line = 0
        self.lines = 0
        self.max_bytes = max_bytes
        self.told = told
        self.bad: list[BadLine] = []
        self.bad_reasons: Counter[str] = Counter()
        self._hear = hear
        self._chunks: list[pl.DataFrame] = []
        self._waiting: list[RawPost] = []
        self._at: list[tuple[int, int]] = []
        self._months: dict[int, float] = {}
        self._characters = 0

    def begin(self, path: Path) -> None:
        """What follows stands in this file."""
        self.files.append(path.name)
        self.file = len(self.files)

    def read_lines(self, path: Path, read: Callable[[bytes], RawPost | None]) -> None:
        """Each line of a file, packed or not, as the post that `read` makes of it (None: no post, no fault)."""
        self.begin(path)
        number = 0
        try:
            for number, line in numbered_lines(path, self.max_bytes, self.told):
                self.add(number, read, line)
        except BrokenOff as error:
            self.fault(number + 1, str(error))

    def read_values(
        self,
        path: Path,
        is_record: Callable[[dict[str, Any]], bool],
        read: Callable[[dict[str, Any]], RawPost | None],
        inherited: tuple[str, ...] = (),
    ) -> None:
        """Each JSON object of a file, in lines or one document, whatever lists and objects are wrapped around them.

        `is_record` knows an object that `read` takes; `inherited` are fields that it takes over from what is around it.
        """
        self.begin(path)
        number = 0
        try:
            for number, text in json_values(path, self.max_bytes, self.told):
                self._within(number, text, is_record, read, inherited)
        except BrokenOff as error:
            self.fault(number + 1, str(error))

    def _within(
        self,
        line: int,
        text: bytes,
        is_record: Callable[[dict[str, Any]], bool],
        read: Callable[[dict[str, Any]], RawPost | None],
        inherited: tuple[str, ...],
    ) -> None:
        try:
            if text == TOO_LONG:
                raise ValueError("longer than 16 MiB")
            value = parse_json(text)
            single = isinstance(value, dict) and is_record(value)
            found = [] if single else list(unwrapped(value, is_record, inherited))
            if not single and not any(isinstance(one, dict) for one in found):
                found = [] if is_empty(value) else [value]
        except ValueError as error:
            self.lines += 1
            self.fault(line, str(error))
            return
        self.line = line
        if single:
            self.add(line, read, value)
        for each in found:
            self.add(line, lambda one: read(an_object(one)), each)

    def add(self, line: int, read: Callable[[Any], RawPost | None], what: Any) -> None:
        """Keep the post that `read(what)` gives, or the reason why there is none."""
        self.lines += 1
        self.also(line, read, what)

    def also(self, line: int, read: Callable[[Any], RawPost | None], what: Any) -> None:
        """As `add`, for what stands in a line that was counted."""
        try:
            if what == b"":
                raise ValueError("longer than 16 MiB")
            post = read(what)
        except ValueError as error:
            self.fault(line, str(error))
            return
        except RecursionError:
            self.fault(line, "nested too deeply")
            return
        if post is not None:
            self.keep(line, post)

    def keep(self, line: int, post: RawPost) -> None:
        """Keep a post that stands at this line of the file begun last."""
        if isinstance(post.time, EitherWay):
            self._months[self.posts] = post.time.month_first
        self.posts += 1
        self._waiting.append(post)
        self._at.append((self.file, line))
        self._characters += len(post.text or "")
        if len(self._waiting) >= CHUNK_POSTS or self._characters >= CHUNK_CHARACTERS:
            self._flush()

    def fault(self, line: int, reason: str) -> None:
        self._listed(BadLine(self.file, line, reason))

    def _listed(self, bad: BadLine) -> None:
        self.bad_reasons[bad.reason] += 1
        if len(self.bad) < MAX_LISTED:
            self.bad.append(bad)

    def count(self, what: str, times: int = 1) -> None:
        """Something that was changed, guessed or left empty: `what` follows the number in a sentence for the user."""
        self.counted[what] += times

    def say(self, remark: str) -> None:
        """A sentence for the user on how something was read."""
        self.remarks.append(remark)

    def called(self, author: str, names: Aliases) -> None:
        """The author also goes by these names; they are taken out of texts, and may stand in lists of acts."""
        known = self.aliases.get(author)
        if known is None:
            self.aliases[author] = {name for name in names if name and name != author}
        elif not known.issuperset(names):
            known.update(name for name in names if name and name != author)

    def record(self, *remarks: str) -> Record:
        """All that was gathered; of posts with one id the first stays and the others are bad lines.

        Raises `ValueError` where the times cannot be read, or those of the acts have another origin.
        """
        self._flush()
        facts = pl.concat(self._chunks) if self._chunks else pl.DataFrame(schema=FACTS)
        self._chunks = []
        facts, times = self._in_seconds(facts.with_row_index("row"))
        first = facts["id"].is_first_distinct()
        if not first.all():
            twice, facts = facts.filter(~first), facts.filter(first)
            firsts = facts.select("id", first_file="file", first_line="line", first_thread="thread")
            self._list_twice(twice.join(firsts, on="id", how="left", maintain_order="left"))
        facts = _by_time(facts.drop("file", "line"))
        self.bad.sort(key=lambda bad: (bad.file, bad.line))
        acts = self._acts(times)
        said = tuple(counted(count, what) for what, count in self.counted.items())
        return Record(
            facts,
            self.texts,
            acts,
            self.aliases,
            self.changed,
            self.bad,
            self.bad_reasons,
            self.files,
            self.lines,
            (*times.said, *self.remarks, *remarks, *said),
            times.scale,
        )

    def _in_seconds(self, facts: pl.DataFrame) -> tuple[pl.DataFrame, Settled]:
        """The facts with their times in seconds; rows whose time is a fault go, and are listed."""
        found = settle(facts["time"].to_numpy(), facts["form"].to_numpy(), self._months, self.times)
        seconds = np.arange(facts.height) * 60.0 if found.scale == "none" else found.seconds
        facts = facts.drop("form").with_columns(time=pl.Series(seconds, dtype=pl.Float64))
        if found.faults:
            rows = sorted(found.faults)
            for row, (file, line) in zip(rows, facts.select("file", "line")[rows].iter_rows(), strict=True):
                self._listed(BadLine(file, line, found.faults[row]))
            facts = facts.filter(~pl.col("row").is_in(rows))
            if facts.is_empty():
                raise ValueError(
                    f"not one post has a time that can be read: {next(iter(found.faults.values()))}"
                )
        return facts, found

    def _acts(self, posts: Settled) -> list[RawAct]:
        """The acts, with their times in the origin of the posts'; None where they have none."""
        found = settle_list([act.time for act in self.acts], self.times)
        log, logged = self.log or ([], found)
        if log and {posts.scale, logged.scale} == {"dates", "own"}:
            words = {"dates": "have dates", "own": "count minutes or seconds from a start of their own"}
            raise ValueError(
                f"the acts of --mod-log {words[logged.scale]}, the posts {words[posts.scale]}: both need one origin"
            )
        every = [(act, found.seconds[row]) for row, act in enumerate(self.acts)]
        every += [(act, logged.seconds[row]) for row, act in enumerate(log)]
        if posts.scale == "none" and every:
            self.count("acts of moderators lose their times, since the posts have none", len(every))
            every = [(act, np.nan) for act, _ in every]
        return [act._replace(time=None if np.isnan(seconds) else float(seconds)) for act, seconds in every]

    def _list_twice(self, found: pl.DataFrame) -> None:
        self.bad_reasons["its id was seen before"] += found.height
        if others := found.filter(pl.col("thread") != pl.col("first_thread")).height:
            self.say(
                f"{others:,} of the lines whose id was seen before are of another thread than the first with it: if ids "
                "count within a thread, write thread and id together into one column and map that"
            )
        room = max(0, MAX_LISTED - len(self.bad))
        for row in found.head(room).iter_rows(named=True):
            reason = f"its id was seen before, in file {row['first_file']} line {row['first_line']}"
            self.bad.append(BadLine(row["file"], row["line"], reason))

    def _without_markers(self, post: RawPost) -> RawPost:
        """The post without words that mean nothing was there, or that something was taken away."""
        author, text = (each and composed(each) for each in (post.author, post.text))
        status = post.status
        if author is not None and empty(author, "name"):
            self.count(f"posts have {author.strip() or 'blanks'} for an author: read as unknown")
            author = None
        elif nobody(author):
            if author is not None and author[0] not in "[(<":
                self.count(f"posts are by {author.strip()}, which is nobody's name: their author is unknown")
            author = None
        elif doubt := perhaps_nobody(author):
            self.count(f"posts are by {author} ({doubt}): one member here; empty those cells if it is nobody")
        if text is not None and empty(text, "text") and text.strip():
            self.count(f"posts have {text.strip()} for a text: read as empty")
            text = None
        elif found := placeholder(text):
            self.count(f"posts have a marker in place of words ({found.words})")
            text, status = None, found.status if status == "visible" else status
        title = None if post.title and placeholder(post.title) else post.title
        if (author, text, status, title) == (post.author, post.text, post.status, post.title):
            return post
        return post._replace(author=author, text=text, status=status, title=title)

    def _flush(self) -> None:
        if not self._waiting:
            return
        posts, self._waiting = self._waiting, []
        places, self._at, self._characters = self._at, [], 0
        columns = dict(
            zip(RawPost._fields, zip(*map(self._without_markers, posts), strict=True), strict=True)
        )
        times = [written(time) for time in columns["time"]]
        columns["time"] = tuple(seconds for seconds, _ in times)
        columns["form"] = tuple(form for _, form in times)
        texts = _series(columns.pop("text"), pl.String).str.replace_all("\0", "", literal=True)
        texts = texts.zip_with(texts.str.strip_chars() != "", pl.Series([None], dtype=pl.String))
        spoken = texts.is_not_null()
        unsaid = spoken & pl.Series([tone is None for tone in columns["tone"]])
        words = texts.filter(unsaid)
        heard = pl.Series([None] * len(posts), dtype=FACTS["heard"])
        if len(words):
            tones = pl.Series(self._hear(words.to_list()), dtype=FACTS["heard"])
            heard = heard.scatter(unsaid.arg_true(), tones)
        facts = {name: _series(columns[name], FACTS[name]) for name in columns}
        facts |= {
            "file": pl.Series([file for file, _line in places], dtype=pl.Int32),
            "line": pl.Series([line for _file, line in places], dtype=pl.Int64),
            "spoken": spoken,
            "heard": heard,
        }
        self._chunks.append(pl.DataFrame(facts, schema=FACTS))
        self.texts.add(pl.DataFrame({"text": texts}))


def _by_time(facts: pl.DataFrame) -> pl.DataFrame:
    """The rows in order of time, column by column, so that never two whole tables are held."""
    order = facts.select(pl.arg_sort_by("time", maintain_order=True)).to_series()
    columns = [facts.drop_in_place(name).gather(order) for name in facts.columns]
    return pl.DataFrame(columns).with_columns(pl.col("time").set_sorted())


def _series(values: tuple[Any, ...], dtype: Any) -> pl.Series:
    """A column; half a surrogate pair, which JSON can hold and Unicode cannot, becomes a question mark."""
    try:
        return pl.Series(values, dtype=dtype)
    except UnicodeEncodeError:
        return pl.Series(
            [value and value.encode("utf-8", "replace").decode() for value in values], dtype=dtype
        )


def chunks(record: Record) -> Iterator[tuple[int, pl.DataFrame]]:
    """The chunks of texts with the row, in the order of reading, at which each begins."""
    row = 0
    for number in range(len(record.texts)):
        chunk = record.texts[number]
        yield row, chunk
        row += chunk.height
