"""Requests whose thinking is left to the `LLM`'s reasoning parser: vLLM calls the guide only when that is over.

What the thinking takes of the limit on tokens shows when the answer begins, in the request itself. The parser cannot be
made to end the thinking in time: if too few tokens are left for any answer, it is cut off, which its end tells.
"""

from __future__ import annotations

import contextlib
from typing import Any

import torch

from outlines.guide import ConstraintError, Guide

from .grammar import GuideGrammar, RowTarget


class AfterReasoningGrammar(GuideGrammar):
    """A guide that learns how many tokens are left when its first token is to be found.

    Args:
        request, guide, stop_tokens, target, endless: as for `GuideGrammar`.
        drafts: how many tokens vLLM drafts at most.
    """

    def __init__(
        self, request: Any, guide: Guide, stop_tokens: list[int], target: RowTarget, *, endless: bool, drafts: int
    ) -> None:
        super().__init__(request, guide, stop_tokens, target, endless)
        self._drafts = drafts
        # How many tokens thinking and answer can have.
        self._whole: int | None = None
        # Tokens that the guide has taken.
        self._answered = 0

    def keep_within(self, limit: int | None) -> None:
        """As for `GuideGrammar`, if there should be no thinking at all."""
        super().keep_within(limit)
        self._whole = limit

    def accept_tokens(self, request_id: str, tokens: list[int]) -> bool:
        """As for `GuideGrammar`. Unless they are drafts, the request has the tokens already."""
        self._count_thinking(0 if self._target.drafting else len(tokens))
        return super().accept_tokens(request_id, tokens)

    def validate_tokens(self, tokens: list[int]) -> list[int]:
        """As for `GuideGrammar`."""
        self._count_thinking()
        return super().validate_tokens(tokens)

    def fill_bitmask(self, bitmask: torch.Tensor, batch_index: int) -> None:
        """As for `GuideGrammar`."""
        self._count_thinking()
        super().fill_bitmask(bitmask, batch_index)

    def _count_thinking(self, of_answer: int = 0) -> None:
        """Take what was thought off the limit, as long as nothing is answered: a draft may end thinking in vain."""
        request = self._request()
        if self._whole is None or self._answered or request is None:
            return
        thought = int(request.num_output_tokens) - of_answer
        if not request.structured_output_request.reasoning_ended:
            # Drafts before, which the request does not have. How many is not said.
            thought += self._drafts
        with contextlib.suppress(ConstraintError):
            self.guide.max_tokens = max(self._whole - thought, 0)

    def _take(self, token: int) -> bool:
        taken = super()._take(token)
        self._answered += taken
        return taken

    def _undo(self, count: int) -> None:
        super()._undo(count)
        self._answered -= count

    def reset(self) -> None:
        """Back to the start of the output."""
        super().reset()
        self._answered = 0
