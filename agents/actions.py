"""What a member may try to do: one fixed, ordered list of actions that a community declares."""

from typing import NamedTuple


class Action(NamedTuple):
    """One option: its name in files, and the words a language model reads.

    Options that differ in an amount share a `kind`, which is what events call the act; without one it is the name.
    """

    name: str
    words: str
    kind: str = ""
    amount: int | None = None


class Vocabulary(tuple[Action, ...]):
    """A community's actions in their fixed order; an action not on offer keeps its column.

    >>> forum = Vocabulary([Action("lurk", "read on"), Action("reply", "answer")])
    >>> forum.names, forum.column("reply")
    (('lurk', 'reply'), 1)
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the actions, in the order of their columns."""
        return tuple(action.name for action in self)

    def column(self, name: str) -> int:
        """The column of an action; `ValueError` for a name that none has."""
        return self.names.index(name)
