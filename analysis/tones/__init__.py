"""How posts sound: readers that give each post a probability for each tone, or leave it unread.

`reader` is the contract and `registry` finds readers by name; `words` (fast) and `english` (better) are ours and read
English, `labels` corrects either by a community's own labels, `llm` asks a model. `language` says which posts a reader
can read at all, `own_words` which words of a post are its author's.
"""
