"""How a place looks from afar: published measures of its weeks, their bands, and whether its threads can be told from others."""
