"""Where the demo model and its tokenizers lie, and the environment that vLLM's CPU build wants.

The one place that says both; the set-up, the tests, the examples and the benchmarks all read it from here.
Standard library only, so that it can be imported before anything is installed.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
MODEL = CACHE / "models" / "SmolLM2-135M-Instruct"
LLAMA3_TOKENIZER = CACHE / "tokenizers" / "llama-3"
TEST_SUITE = CACHE / "json-schema-test-suite"

ENVIRONMENT = {
    # GiB of memory for the KV cache; without it vLLM's CPU build takes a share of the machine's memory.
    "VLLM_CPU_KVCACHE_SPACE": "2",
    # Everything is on the disk already: nothing may ask a hub, and no usage report is sent.
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
}


def use_demo_environment() -> None:
    """Set what the user has not set already. To be called before vllm is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
