"""The worker process: mask logits on the CPU.

vLLM masks logits with xgrammar's `apply_token_bitmask_inplace`, whoever filled the bitmask. Its kernels for GPUs are
good; the one for CPUs goes bit by bit, and took 6.2 ms for 32 rows of 49,152 float32 logits where unpacking the bits
and one `masked_fill_` takes 0.7 ms: a tenth of a small model's whole step. So vLLM's module that calls it gets the
function below in its place, for logits on the CPU alone. It writes what xgrammar's writes.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import torch

_BITS_PER_WORD = 32


def install() -> None:
    """Put ours in front of xgrammar where vLLM masks logits, once. Nothing, if this vLLM masks in another way."""
    from vllm.v1.structured_output import utils

    if hasattr(utils, "xgr") and not isinstance(utils.xgr, _Xgrammar):
        utils.xgr = _Xgrammar()


class _Xgrammar:
    """The package xgrammar, imported when it is used, but for logits on the CPU."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("xgrammar"), name)

    def apply_token_bitmask_inplace(self, logits: torch.Tensor, bitmask: torch.Tensor, **options: Any) -> None:
        if logits.is_cpu and bitmask.is_cpu and logits.dim() == bitmask.dim() == 2 and options.keys() <= {"indices"}:
            mask_logits(logits, bitmask, **options)
        else:
            importlib.import_module("xgrammar").apply_token_bitmask_inplace(logits, bitmask, **options)


def mask_logits(logits: torch.Tensor, bitmask: torch.Tensor, indices: list[int] | None = None) -> None:
    """Set the logits of tokens that are not allowed to minus infinity, in place.

    Args:
        logits: (rows, tokens), any floating dtype, on the CPU.
        bitmask: (rows, words) int32; token t is allowed if bit t % 32 of word t // 32 is set. Logits beyond the last
            word are left as they are.
        indices: the rows to mask, the same in both. None: all.
    """
    tokens = min(logits.shape[1], bitmask.shape[1] * _BITS_PER_WORD)
    if indices is None:
        _mask(logits[:, :tokens], bitmask.numpy())
        return
    rows = bitmask.numpy()
    for row in indices:
        _mask(logits[row : row + 1, :tokens], rows[row : row + 1])


def _mask(logits: torch.Tensor, words: np.ndarray[Any, np.dtype[np.int32]]) -> None:
    # In little-endian order the bytes of a word hold its tokens in order, on every machine.
    forbidden = (~words).astype("<i4", copy=False).view(np.uint8)
    bits = np.unpackbits(forbidden, axis=1, count=logits.shape[1], bitorder="little")
    logits.masked_fill_(torch.from_numpy(bits.view(np.bool_)), float("-inf"))
