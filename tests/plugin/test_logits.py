"""Masking logits on the CPU, against the function of vLLM that it stands in for."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from vllm.v1.structured_output import utils

from outlines._engine import mask_logits
from outlines.plugin import logits, register

DTYPES = [torch.float32, torch.bfloat16, torch.float16]


def batch(rng: random.Random):
    """What the worker has: the scheduler's drafts, the bitmask and whose it is, and the batch."""
    requests = [f"request-{number}" for number in range(rng.randint(1, 6))]
    drafts = {request: [0] * rng.randint(1, 3) for request in requests if rng.random() < 0.4}
    # One may be structured and not in this batch.
    structured = rng.sample(requests, rng.randint(1, len(requests))) + ["elsewhere"] * rng.randint(0, 1)
    rng.shuffle(structured)
    words = rng.randint(1, 70)
    bitmask = np.empty((sum(1 + len(drafts.get(request, ())) for request in structured), words), dtype=np.int32)
    for row in bitmask:
        row[:] = [rng.choice([0, -1, rng.getrandbits(32) - 2**31]) for _ in range(words)]
    tokens = 32 * words - rng.choice([0, rng.randint(1, 31)])
    return (
        SimpleNamespace(scheduled_spec_decode_tokens=drafts),
        SimpleNamespace(structured_output_request_ids=structured, grammar_bitmask=bitmask),
        SimpleNamespace(req_ids=requests),
        torch.randn(sum(1 + len(drafts.get(request, ())) for request in requests), tokens),
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_same_as_vllm(seed):
    rng = random.Random(seed)
    torch.manual_seed(seed)
    scheduled, grammar, inputs, values = batch(rng)
    ours = values.to(rng.choice(DTYPES))
    theirs = ours.clone()
    if rng.random() < 0.3:
        # Rows that are a part of wider ones.
        ours = torch.cat([ours, ours], dim=1)[:, : ours.shape[1]]
    logits.apply_on_cpu(scheduled, grammar, inputs, ours)
    vllms = utils.apply_grammar_bitmask
    getattr(vllms, "__wrapped__", vllms)(scheduled, grammar, inputs, theirs)
    assert torch.equal(ours, theirs)


def test_it_is_where_vllm_masks():
    register()
    register()
    from vllm.v1.worker import gpu_model_runner

    wrapped = gpu_model_runner.apply_grammar_bitmask
    assert wrapped is utils.apply_grammar_bitmask
    assert getattr(wrapped, logits._INSTALLED)
    assert not hasattr(wrapped.__wrapped__, "__wrapped__")
    # What is not on the CPU is vLLM's own.
    elsewhere = torch.empty(1, 32, device="meta")
    with pytest.raises(AttributeError, match="grammar_bitmask"):
        wrapped(None, None, None, elsewhere)


@pytest.mark.parametrize("rows", [[(2, 0)], [(0, 1)], [(0, 0), (5, 0)]])
def test_a_row_that_is_not_there(rows):
    bits = np.zeros((2, 40), dtype=np.uint16)
    with pytest.raises(ValueError, match="no such row"):
        mask_logits(bits, np.zeros((1, 2), dtype=np.int32), rows, 0xFF80)
    assert not bits.any()


def test_other_arrays():
    bitmask = np.zeros((1, 1), dtype=np.int32)
    with pytest.raises(TypeError, match="uint16 or uint32"):
        mask_logits(np.zeros((1, 32), dtype=np.float64), bitmask, [(0, 0)], 0)
    with pytest.raises(ValueError, match="not beside each other"):
        mask_logits(np.zeros((1, 64), dtype=np.uint16)[:, ::2], bitmask, [(0, 0)], 0)
    with pytest.raises(ValueError, match="16 bits"):
        mask_logits(np.zeros((1, 32), dtype=np.uint16), bitmask, [(0, 0)], 2**16)
