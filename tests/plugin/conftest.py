"""Real tokenizer, real vocabulary and real engine-side requests, without an engine."""

from collections.abc import Callable
from typing import Any

import pytest

from demo import MODEL, use_demo_environment

use_demo_environment()

MakeRequest = Callable[..., Any]


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(MODEL)


@pytest.fixture(scope="session")
def vocabulary(tokenizer: Any) -> Any:
    from outlines.guide import Vocabulary

    # Larger than the tokenizer's own, as models pad theirs: the last ids have no token.
    return Vocabulary.from_tokenizer(tokenizer, len(tokenizer) + 50)


@pytest.fixture
def make_request(tokenizer: Any) -> MakeRequest:
    """Builds vLLM's engine-side request for a constraint of ours, as the engine receives it."""
    from vllm import SamplingParams
    from vllm.v1.request import Request

    from outlines.constraint import Constraint
    from outlines.plugin.request import mark

    def make(constraint: Constraint, **fields: Any) -> Any:
        params = SamplingParams(**fields)
        mark(params, constraint)
        params.update_from_generation_config({}, tokenizer.eos_token_id)
        return Request("request-0", [1], params, None)

    return make
