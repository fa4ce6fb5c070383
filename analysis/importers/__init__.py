"""Real threads brought in: one file a format, all giving the same table of posts."""

from windtunnel.analysis.importers.corpus import FORMATS, ImportReport, import_corpus
from windtunnel.analysis.importers.table import MAP_HELP, parse_mapping

__all__ = ["FORMATS", "MAP_HELP", "ImportReport", "import_corpus", "parse_mapping"]
