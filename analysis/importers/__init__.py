"""Real threads brought in: one file a format, all giving the same table of posts.

`corpus.import_corpus` walks a record through the rooms, each of which imports only from those before it:

    values    what one value means: nothing, an id, a number, an object
    clocks    times, and what a column of numbers counts in
    files     a file, packed or not, becomes lines and rows
    text      HTML and spoilt signs become words
    people    pseudonyms under a key, names out of texts, what is sealed
    posts     posts gathered into columns, and numbered
    formats   Reddit, ConvoKit, Discourse, Stack Exchange, Mastodon, Bluesky, tables
    beside    what comes beside the posts: moderators' acts, tones, the community's own words
    imported  the folder that is left: written, asked, and people taken out of it
"""

from typing import TYPE_CHECKING, Any

__all__ = ["FORMATS", "MAP_HELP", "ImportReport", "import_corpus", "parse_mapping"]

if TYPE_CHECKING:
    from windtunnel.analysis.importers.corpus import FORMATS, import_corpus
    from windtunnel.analysis.importers.formats.mapping import MAP_HELP, parse_mapping
    from windtunnel.analysis.importers.report import ImportReport
else:

    def __getattr__(name: str) -> Any:
        """Loaded when asked for: who reads a date in a folder needs no reader of a format."""
        from importlib import import_module

        if name in __all__:
            home = "formats.mapping" if name in ("MAP_HELP", "parse_mapping") else "corpus"
            return getattr(import_module(f"{__name__}.{home}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
