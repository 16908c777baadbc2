"""Masking logits on the CPU, against the function of xgrammar that it stands in for."""

import random

import pytest
import torch
import xgrammar
from vllm.v1.structured_output import utils

from outlines.plugin import logits, register

logits.install()


@pytest.mark.parametrize("seed", range(40))
def test_the_same_as_xgrammar(seed):
    rng = random.Random(seed)
    rows, words = rng.randint(1, 6), rng.randint(1, 70)
    tokens = rng.choice([32 * words, 32 * words - rng.randint(1, 31), 32 * words + rng.randint(1, 50)])
    ours = torch.randn(rows, tokens)
    theirs = ours.clone()
    bitmask = torch.randint(-(2**31), 2**31, (rows, words), dtype=torch.int32)
    bitmask[rng.randrange(rows)] = rng.choice([0, -1, 1, -(2**31)])
    indices = None if rng.random() < 0.4 else rng.sample(range(rows), rng.randint(0, rows))
    utils.xgr.apply_token_bitmask_inplace(ours, bitmask, indices=indices)
    xgrammar.apply_token_bitmask_inplace(theirs, bitmask, vocab_size=min(tokens, 32 * words), indices=indices)
    assert torch.equal(ours, theirs)


def test_every_dtype():
    bitmask = torch.tensor([[0b101]], dtype=torch.int32)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        values = torch.arange(4, dtype=dtype).reshape(1, 4)
        logits.mask_logits(values, bitmask)
        assert values.tolist() == [[0, float("-inf"), 2, float("-inf")]]


def test_it_is_where_vllm_masks():
    register()
    assert type(utils.xgr) is logits._Xgrammar
    # Everything else is xgrammar's own.
    assert utils.xgr.TokenizerInfo is xgrammar.TokenizerInfo
