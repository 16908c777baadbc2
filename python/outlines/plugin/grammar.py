"""The grammar objects that vLLM's scheduler drives, one per request of ours.

`GuideGrammar` is a guide in vLLM's clothes: every call is one call into the engine, and rows are written by
address (a torch operation on a row costs 6 to 13 us, a pointer write a memcpy). `PoisonGrammar` stands in for
a constraint that did not compile: it allows only stop tokens, then rejects, so that vLLM ends that one request
and nothing else. A guide that fails on the way (a limit of the engine) goes on like that. Both leave the reason
in the request's `stop_reason` (failure.py).
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from vllm.v1.structured_output.backend_types import StructuredOutputGrammar

from outlines.errors import GenerationError
from outlines.guide import Guide

from . import failure


class RowTarget:
    """Where the rows of vLLM's bitmask lie in memory, looked up once per tensor.

    Args:
        words: int32 words per row that a guide writes, ceil(model vocabulary / 32).
    """

    def __init__(self, words: int) -> None:
        self.words = words
        # vLLM is filling rows for drafts: a token that a grammar rejects meanwhile was never written.
        self.drafting = False
        self._known: tuple[Any, int, int] = (None, 0, 0)

    def address(self, bitmask: torch.Tensor, row: int) -> int:
        """The address of a row, or 0 where a guide may not write a whole row at once."""
        known = self._known
        if known[0] is not bitmask:
            known = self._known = self._look(bitmask)
        return known[1] + row * known[2] if known[2] else 0

    def _look(self, bitmask: torch.Tensor) -> tuple[Any, int, int]:
        writable = (
            bitmask.dtype == torch.int32
            and bitmask.device.type == "cpu"
            and bitmask.dim() == 2
            and bitmask.stride(1) == 1
            and bitmask.shape[1] >= self.words
        )
        return (bitmask, bitmask.data_ptr(), bitmask.stride(0) * 4) if writable else (bitmask, 0, 0)


class _RequestGrammar(StructuredOutputGrammar):
    """What both grammars share: the request, held weakly (it holds us), its stop tokens, and its failure.

    Nothing here may raise into vLLM: an exception in the engine's loop ends the engine for everybody.
    """

    def __init__(self, request: Any, stop_tokens: list[int], error: BaseException | None) -> None:
        self._request = weakref.ref(request)
        self._stop_tokens = stop_tokens
        # Once set, only stop tokens are allowed and every token is rejected.
        self.error = error

    @property
    def masking_guide(self) -> Guide | None:
        """The guide whose mask is this grammar's row now; None where the row is made in another way."""
        return None

    def _reject(self, error: BaseException) -> bool:
        """Leave the reason where the caller will find it. Always False, vLLM's word for a rejection."""
        self.error = error
        request = self._request()
        if request is not None:
            request.stop_reason = failure.encode(error)
        return False

    def _fill_stops(self, bitmask: torch.Tensor, row: int) -> None:
        """Only stop tokens; any token where there is none, since the model has to write something."""
        words = np.zeros(bitmask.shape[1], dtype=np.uint32)
        for token in self._stop_tokens:
            if 0 <= token < 32 * len(words):
                words[token // 32] |= np.uint32(1 << (token % 32))
        if not words.any():
            words[:] = 0xFFFFFFFF
        bitmask[row].copy_(torch.from_numpy(words.view(np.int32)))


class GuideGrammar(_RequestGrammar):
    """One request's guide.

    Args:
        request: the engine's request.
        guide: a fresh guide with these stop tokens.
        stop_tokens: the request's `all_stop_token_ids`.
        target: where rows are written, shared by the grammars of one engine.
        endless: vLLM goes on after a stop token (`ignore_eos`). The guide then allows stop tokens only for
            the rest; a terminated grammar would let free text follow.
    """

    def __init__(
        self, request: Any, guide: Guide, stop_tokens: list[int], target: RowTarget, endless: bool = False
    ) -> None:
        super().__init__(request, stop_tokens, None)
        self.guide = guide
        self._target = target
        self._endless = endless

    def keep_within(self, limit: int | None) -> None:
        """Have the output whole within `limit` tokens, None for no limit.

        Raises:
            BudgetError: no output is so short.
        """
        self.guide.max_tokens = limit

    @property
    def masking_guide(self) -> Guide | None:
        """The guide, as long as it works."""
        return self.guide if self.error is None else None

    def accept_tokens(self, request_id: str, tokens: list[int]) -> bool:
        """Take tokens in order. What follows a stop token is not part of the output, and ignored."""
        if self.error is not None:
            # vLLM 0.18 only logs a rejection and goes on: keep rejecting, so that the reason stays.
            return self._reject(self.error)
        try:
            for token in tokens:
                if not self._take(token):
                    if self._target.drafting:
                        return False
                    return self.guide.is_finished() or self._reject(_not_allowed(token, request_id))
        except Exception as error:
            return self._reject(error)
        return True

    def _take(self, token: int) -> bool:
        """Take one token if it is allowed."""
        return self.guide.advance(token)

    def _count_valid(self, tokens: list[int]) -> int:
        """How many of the tokens could be taken now, one after another."""
        return self.guide.validate(tokens)

    def _undo(self, count: int) -> None:
        self.guide.rollback(count)

    def validate_tokens(self, tokens: list[int]) -> list[int]:
        """The longest prefix that could be accepted now. Changes nothing."""
        if self.error is not None:
            return []
        try:
            return tokens[: self._count_valid(tokens)]
        except Exception:
            # A draft is only a guess: if the text does come to where the guide fails, it is said there.
            return []

    def rollback(self, num_tokens: int) -> None:
        """Undo tokens, also across the end of the output."""
        try:
            self._undo(num_tokens)
        except Exception as error:
            self.error = error

    def fill_bitmask(self, bitmask: torch.Tensor, batch_index: int) -> None:
        """Write the mask of the next token into one row; one copy of the row where the mask is known."""
        if self.error is None:
            try:
                address = self._target.address(bitmask, batch_index)
                if address:
                    self._write_mask(address)
                else:
                    self._fill_part(bitmask, batch_index)
                return
            except Exception as error:
                self.error = error
        self._fill_stops(bitmask, batch_index)

    def _write_mask(self, row: NDArray[np.int32] | int) -> None:
        """Write the mask into a whole row: an array, or the address of one."""
        self.guide.fill_bitmask(row)

    def _fill_part(self, bitmask: torch.Tensor, batch_index: int) -> None:
        """A row narrower than our mask (a backend that counts only the tokenizer's own tokens made it)."""
        row = np.empty(self._target.words, dtype=np.int32)
        self._write_mask(row)
        bitmask[batch_index].copy_(torch.from_numpy(row[: bitmask.shape[1]]))

    def is_terminated(self) -> bool:
        """Whether vLLM may stop masking this request."""
        return self.error is None and not self._endless and self.guide.is_finished()

    def reset(self) -> None:
        """Back to the start of the output."""
        self.guide.reset()


def _not_allowed(token: int, request_id: str) -> GenerationError:
    return GenerationError(
        f"token {token} of request {request_id} is not allowed by its constraint. Either no token was left to choose "
        "from (min_tokens, bad_words, logit_bias, allowed_token_ids or a text token in stop_token_ids can exclude all "
        "that fit), or a sampler ignored the mask"
    )


class PoisonGrammar(_RequestGrammar):
    """Ends its request with the error that kept the constraint from being compiled.

    Args:
        request: the engine's request.
        error: the reason, raised to the caller.
        stop_tokens: the request's stop tokens.
    """

    error: BaseException

    def __init__(self, request: Any, error: BaseException, stop_tokens: list[int]) -> None:
        super().__init__(request, stop_tokens, error)

    def accept_tokens(self, request_id: str, tokens: list[int]) -> bool:
        """Always a rejection."""
        return self._reject(self.error)

    def validate_tokens(self, tokens: list[int]) -> list[int]:
        """No draft is ever valid."""
        return []

    def rollback(self, num_tokens: int) -> None:
        """Nothing was taken, so there is nothing to undo."""

    def fill_bitmask(self, bitmask: torch.Tensor, batch_index: int) -> None:
        """Only stop tokens."""
        self._fill_stops(bitmask, batch_index)

    def is_terminated(self) -> bool:
        """Never: a terminated grammar is not asked to accept."""
        return False

    def reset(self) -> None:
        """There is no state."""
