"""The real engine on the real demo model, once for the whole session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo import MODEL, use_demo_environment

use_demo_environment()

# A prompt, the longest output, and room for the batches that the tests run.
CONTEXT = 1024
SEQUENCES = 32


@pytest.fixture(scope="session")
def llm() -> Iterator[Any]:
    """A plain vLLM `LLM`, as a user makes one."""
    from vllm import LLM

    if not MODEL.is_dir():
        pytest.fail(f"the demo model is not at {MODEL}: run `make setup`")
    llm = LLM(str(MODEL), max_model_len=CONTEXT, max_num_seqs=SEQUENCES, enforce_eager=True)
    yield llm
    llm.llm_engine.engine_core.shutdown()


@pytest.fixture(scope="session")
def model(llm: Any) -> Any:
    """`outlines.from_vllm_offline` of it."""
    import outlines

    return outlines.from_vllm_offline(llm)


@pytest.fixture
def unfinished(llm: Any) -> Iterator[Callable[[], int]]:
    """How many requests the engine holds. The test must leave none behind."""

    def count() -> int:
        return int(llm.llm_engine.get_num_unfinished_requests())

    yield count
    deadline = time.monotonic() + 5
    while count() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert count() == 0, "the test left requests in the engine"
