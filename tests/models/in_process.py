"""Models in vLLM's in-process mode, and what they make of what is in a prompt besides text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import outlines


@contextmanager
def in_process(folder: Path, **options: Any) -> Iterator[outlines.models.VLLMOffline]:
    """The model in a folder, with options of `LLM`; its engine ends with the block."""
    from vllm import LLM

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        llm = LLM(str(folder), enforce_eager=True, **options)
    try:
        yield outlines.from_vllm_offline(llm)
    finally:
        llm.llm_engine.engine_core.shutdown()


def perceived(model: Any, prompt: Any, token: str, **options: Any) -> tuple[int, dict[int, float]]:
    """How often a token is in the prompt that the model gets, and its likely first tokens and their logprobs."""
    result = model(prompt, return_result=True, logprobs=5, temperature=0, **options)
    [number] = model.llm.get_tokenizer().convert_tokens_to_ids([token])
    return result.prompt_token_ids.count(number), {
        token: round(found.logprob, 3) for token, found in result.logprobs[0].items()
    }
