"""Learned forums side by side: what their members come for in one moment, and what they attend to, is worked out for all worlds at once.

Worlds of a block stand at the same hour. Each draws its own chance, addressed by its own key, and every sum is taken in an order
that does not depend on what else is there: so a world does the same in any company, and alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.agents.minds.rules import in_parts
from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.sim.communities.forum import feed
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.forum import CALM_REPLIES
from windtunnel.sim.communities.forum.learned import writing
from windtunnel.sim.communities.forum.learned.acting import Chosen, acts_of
from windtunnel.sim.communities.forum.learned.attention import Lookers, look, weigh
from windtunnel.sim.communities.forum.learned.coming import (
    NEW_OPENS,
    NEW_REPLIES,
    OTHER,
    PAYS,
    draw_again,
    keys_of,
    open_hour,
)
from windtunnel.sim.communities.forum.learned.law import WINDOW
from windtunnel.sim.communities.forum.learned.says import tone_odds
from windtunnel.sim.communities.forum.posts import TONES, VISIBLE, Posts
from windtunnel.sim.communities.forum.side_by_side import SideBySide, joined
from windtunnel.sim.communities.forum.traits import NEWCOMER_PERSONA

DAY, REFRESHED = 24.0, 6
"""Threads in which nobody wrote for a day are weighed anew every so many steps, others in each."""
SURE = 30.0
"""Log-odds that stand for certainty."""
SHOWN_POSTS = 8
"""Latest posts of a thread that its reader sees."""


class Moment(NamedTuple):
    """Who comes in one phase of one world (`rows`, ascending) and what each has before it."""

    rows: np.ndarray
    seen: np.ndarray
    focus: np.ndarray
    features: np.ndarray
    options: np.ndarray
    first: np.ndarray
    """Bool (n,): newcomers."""
    tones: np.ndarray
    """(n, tones): how many posts of each tone it sees."""
    persona: np.ndarray
    """(n,): which one each reads as."""
    ids: np.ndarray
    """(n,): its id."""

    def of(self, part: np.ndarray) -> "Moment":
        """The same of some of them."""
        return Moment(*(column[part] for column in self))


class Together:
    """Forums of one law, in one state each, whose tables stand side by side; `Remembered` of all of them. Columns of `members` (`members.TOGETHER`)
    have the rows of `people`."""

    def __init__(self, forums: Sequence[Any]) -> None:
        self.forums = tuple(forums)
        self._posts = SideBySide([f.posts for f in forums], [f.memory.posts for f in forums])
        self._people = SideBySide([f.memory.people for f in forums], [f.members for f in forums])
        self._debts = SideBySide([f.memory.debts for f in forums])
        self.posts, self.seen = self._posts.rows
        (self.people, self.members), (self.debts,) = self._people.rows, self._debts.rows
        self._seat = {id(forum): seat for seat, forum in enumerate(forums)}
        self._alone = len(self.forums) == 1
        for forum in forums:
            forum.together = self

    def begin(self, forum: Any) -> int:
        return int(self._posts.start[self._seat[id(forum)]])

    def author(self, posts: np.ndarray) -> np.ndarray:
        who = self.posts.author[posts]
        return np.asarray(who if self._alone else who + posts // self._posts.room * self._people.room)

    def root(self, posts: np.ndarray) -> np.ndarray:
        thread = self.posts.thread[posts]
        return np.asarray(thread if self._alone else thread + posts // self._posts.room * self._posts.room)

    def starts(self, forums: Sequence[Any]) -> np.ndarray:
        """First rows (n, 3) of the posts, the people and the debts of these forums."""
        if self._alone:
            return _NO_STARTS
        seats = np.array([self._seat[id(forum)] for forum in forums])
        return seats[:, None] * np.array([self._posts.room, self._people.room, self._debts.room])

    def open_step(self, worlds: Sequence[Any]) -> None:
        """Draw who comes in which phase of the step that has begun in all of these worlds."""
        forums = [world.community for world in worlds]
        self._weigh(forums, worlds[0].now)
        open_hour(self, forums, worlds)

    def _weigh(self, forums: Sequence[Any], now: int) -> None:
        """Let threads go out of sight in which nobody wrote for long, and take anew what the others have to say."""
        length = [len(forum.open) for forum in forums]
        roots = np.concatenate([forum.open for forum in forums])
        whole = roots + np.repeat(self.starts(forums)[:, 0], length)
        last, hour = self.seen.last[whole], forums[0].hour
        there = last >= hour - WINDOW
        for forum, own, stays in zip(forums, in_parts(roots, length), in_parts(there, length), strict=True):
            forum.open = own[stays]
        anew = there if now % REFRESHED == 0 else last > hour - DAY
        weigh(forums[0].law, self, whole[anew], forums[0].now_hour)

    def prepare(self, worlds: Sequence[Any]) -> None:
        """Work out who comes in the phase that is on, and what each attends to, in all of these worlds; leaves it with their forums."""
        forums = [world.community for world in worlds]
        for world, forum in zip(worlds, forums, strict=True):
            forum.moment(world)
        draw_again(self, forums, worlds)
        coming = []
        for world, forum in zip(worlds, forums, strict=True):
            forum.ready = forum.nobody
            forum.come(world)
            if not forum.coming:
                continue
            try:
                forum.pull = pull_of(world, forum.posts)
                coming.append((world, forum))
            except Exception as error:  # a policy's: its world says so when it is asked
                forum.ready = error
        if coming:
            self._show([world for world, _ in coming], [forum for _, forum in coming])

    def act(self, worlds: Sequence[Any]) -> None:
        """Turn what members of these worlds have chosen into acts; leaves them with their forums."""
        chosen = [one for one in (Chosen(world, *world.waiting()) for world in worlds) if len(one.choice)]
        if chosen:
            for one, acts in zip(chosen, acts_of(self, chosen), strict=True):
                one.world.community.done = (one.choice, acts)

    def apply(self, worlds: Sequence[Any], acts: Sequence[Acts]) -> None:
        """Apply what policies have left of the acts of each of these worlds."""
        writing.apply(self, worlds, acts)

    def _show(self, worlds: Sequence[Any], forums: Sequence[Any]) -> None:
        first = forums[0]
        now, starts = worlds[0].now, self.starts(forums)
        found = [sorted(forum.coming) for forum in forums]
        hits = [forum.coming[row] for forum, rows in zip(forums, found, strict=True) for row in rows]
        counts = [len(rows) for rows in found]
        of = np.repeat(np.arange(len(forums)), counts)
        rows = np.array([row for some in found for row in some], np.int64)
        what = np.array([hit.what for hit in hits])
        item = np.array([hit.item for hit in hits])
        posts_at, people_at, debts_at = starts[of].T
        pays = what == PAYS
        focus = np.where(pays, self.debts.post[np.where(pays, item + debts_at, 0)], NOTHING)
        odds = np.where(what == NEW_OPENS, SURE, -SURE)
        other = np.flatnonzero(what == OTHER)
        if len(other):
            odds[other] = first.memory.rates.opens(self.people, (rows + people_at)[other], first.now_hour)
        looking = np.flatnonzero((what == OTHER) | (what == NEW_REPLIES))
        who, members = rows + people_at, self.members
        ids = members.id[who]
        if len(looking):
            lookers = Lookers(
                forums,
                of[looking],
                keys_of(worlds, of[looking]),
                rows[looking],
                ids[looking],
                what[looking] == NEW_REPLIES,
                [forum.pull for forum in forums],
            )
            post = look(self, lookers, now)
            focus[looking] = np.where(post == NOTHING, NOTHING, post - posts_at[looking])
        odds[(focus == NOTHING) & (what != NEW_OPENS)] = SURE  # there is nothing to answer
        new = what >= NEW_OPENS
        settling = members.newcomer_until[who] > now
        features = self._features(worlds, forums, counts, rows, who, focus, posts_at, odds, new, settling)
        seen, tones = self._seen(forums, of, focus, posts_at)
        options = np.ones((len(rows), len(first.names)), bool)
        options[np.ix_(focus == NOTHING, first.needs_post)] = False
        thread = self.root(np.where(focus == NOTHING, posts_at, focus + posts_at))
        locked = (focus >= 0) & (self.posts.locked_until[thread] > now)
        if locked.any():
            options[np.ix_(locked, first.replies)] = False
        persona = np.where(settling, NEWCOMER_PERSONA, members.persona[who])
        columns = (rows, seen, focus, features, options, new, tones, persona, ids)
        low = 0
        for forum, count in zip(forums, counts, strict=True):
            forum.ready = Moment(*(column[low : low + count] for column in columns))
            low += count

    def _seen(
        self, forums: Sequence[Any], of: np.ndarray, focus: np.ndarray, posts_at: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the posts (n, m) that readers of these have before them: the post, and the latest of its thread; how many of each tone."""
        nothing = [NOTHING] * SHOWN_POSTS
        found = [nothing] * len(focus)
        reads = np.flatnonzero(focus != NOTHING)
        whole = focus[reads] + posts_at[reads]
        told = zip(reads.tolist(), of[reads].tolist(), self.posts.thread[whole].tolist(), strict=True)
        for place, forum, root in told:
            latest = forums[forum].memory.rows.get(root, [])[-SHOWN_POSTS:]
            found[place] = (latest + nothing)[:SHOWN_POSTS]
        shown = np.array(found)
        begin = posts_at[:, None]
        gone = (shown == focus[:, None]) | (
            self.posts.state[np.where(shown == NOTHING, begin, shown + begin)] != VISIBLE
        )
        shown[gone] = NOTHING
        seen = np.column_stack([focus, shown])
        tone = np.where(seen == NOTHING, -1, self.posts.tone[np.where(seen == NOTHING, begin, seen + begin)])
        return seen, np.stack([(tone == level).sum(axis=1) for level in range(len(TONES))], axis=1)

    def _features(
        self,
        worlds: Sequence[Any],
        forums: Sequence[Any],
        counts: Sequence[int],
        rows: np.ndarray,
        who: np.ndarray,
        focus: np.ndarray,
        posts_at: np.ndarray,
        odds: np.ndarray,
        new: np.ndarray,
        settling: np.ndarray,
    ) -> np.ndarray:
        """The raw features (n, features) of what each member attends to."""
        first, now = forums[0], worlds[0].now
        parts, low = [], 0
        for count in counts:
            parts.append(slice(low, low + count))
            low += count
        each = list(zip(forums, parts, strict=True))
        posts, found = self.posts, focus != NOTHING
        post = np.where(found, focus + posts_at, posts_at)
        thread = self.root(post)
        addressed = found & (posts.answered[post] == rows)
        tone = found * posts.tone[post]
        columns = {
            "newcomer": settling,
            "warned": joined(forum.warned_until[rows[part]] for forum, part in each) > now,
            "temper": self.members.temper[who],
            "tone": tone,
            "heat": found * posts.heat[thread] / (posts.recent[thread] + CALM_REPLIES),
            "addressed": addressed,
            "attacked": addressed * tone,
            "score": found * np.sign(posts.score[post]),
            "counterspeech": found & (posts.calmed_until[thread] > now),
            "noted": found & posts.noted[post],
            "opens": odds,
            "arrives": new,
        }
        columns |= tone_odds(first.law, each, rows, focus, as_posted=True)
        out = np.zeros((len(rows), len(first.features)))
        for place, name in enumerate(first.features):
            if name in columns:
                out[:, place] = columns[name]
        return out


def join(forums: Sequence[Any]) -> list[tuple[list[int], Together]]:
    """The forums in groups that have one law, one scene and the same settings, by their places."""
    groups: list[list[int]] = []
    for place, forum in enumerate(forums):
        for group in groups:
            if _goes_with(forums[group[0]], forum):
                group.append(place)
                break
        else:
            groups.append([place])
    return [(group, Together([forums[place] for place in group])) for group in groups]


def _goes_with(one: Any, other: Any) -> bool:
    return bool(
        (one.law is other.law or one.law.model_dump() == other.law.model_dump())
        and one.scenes == other.scenes
        and (one.settings is other.settings or one.settings == other.settings)
        and (one.hours, one.shelf_count) == (other.hours, other.shelf_count)
        and np.array_equal(one.settings.heat, other.settings.heat)
    )


_NO_STARTS = np.zeros((1, 3), np.int64)


def pull_of(world: Any, posts: Posts) -> np.ndarray | None:
    """What policies draw to each post (posts,), log; None where none of them does anything to it."""
    if not any(
        isinstance(policy, ForumPolicy) and type(policy).rerank is not ForumPolicy.rerank
        for policy in world.acting()
    ):
        return None
    pull: np.ndarray = posts.appeal.copy()
    feed.rerank(world, pull)
    return pull


def nobody_comes(features: int, actions: int) -> Moment:
    """The moment in which nobody comes."""
    none = np.empty(0, np.int64)
    return Moment(
        none,
        np.empty((0, 1), np.int64),
        none,
        np.empty((0, features)),
        np.empty((0, actions), bool),
        np.empty(0, bool),
        np.empty((0, len(TONES)), np.int64),
        none,
        none,
    )
