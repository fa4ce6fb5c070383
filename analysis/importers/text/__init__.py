"""Words of posts: HTML and spoilt signs become plain text, and plain text words."""
