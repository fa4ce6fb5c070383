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

from windtunnel.analysis.importers.corpus import FORMATS, ImportReport, import_corpus
from windtunnel.analysis.importers.formats.table import MAP_HELP, parse_mapping

__all__ = ["FORMATS", "MAP_HELP", "ImportReport", "import_corpus", "parse_mapping"]
