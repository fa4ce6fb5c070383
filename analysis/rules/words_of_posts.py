"""The words of the posts that a rule touched, for whoever asked to see them."""

from pathlib import Path

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.rules.replaying import Replayed


def texts_of(found: Replayed) -> list[str | None]:
    """A text (or None) for each row of `found.touches`: other people's words."""
    posts = Folder(Path(found.folder)).read_table("posts")
    if "text" not in posts.columns:
        return [None] * found.touches.height
    joined = found.touches.select("post").join(
        posts.select("post", "text"), on="post", how="left", maintain_order="left"
    )
    return joined["text"].to_list()
