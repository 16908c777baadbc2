"""Answers after thinking that a reasoning parser of vLLM's ends, with real guides: whole within what is left."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from outlines.constraint import Constraint
from outlines.guide import BudgetError, Guide, Vocabulary
from outlines.plugin.compiler import compile_index
from outlines.plugin.grammar import RowTarget
from outlines.plugin.reasoning import AfterReasoningGrammar

ANSWER = Constraint("regex", r"[a-z]{2}[a-z ]*[.]")
DRAFTS = 3


class Answerer:
    """A grammar as vLLM drives it, with the request that knows how much was thought."""

    def __init__(self, request: Any, vocabulary: Vocabulary, limit: int | None) -> None:
        self.request = request
        self.stops = sorted(request.sampling_params.all_stop_token_ids)
        self.target = RowTarget((vocabulary.size + 31) // 32)
        guide = Guide(compile_index(ANSWER, vocabulary), self.stops)
        self.grammar = AfterReasoningGrammar(request, guide, self.stops, self.target, endless=False, drafts=DRAFTS)
        self.grammar.keep_within(limit)
        self.row = torch.full((1, self.target.words), -1, dtype=torch.int32)

    def think(self, count: int, ended: bool = True) -> None:
        self.request.append_output_token_ids([100] * count)
        self.request.structured_output_request.reasoning_ended = ended

    def allowed(self) -> list[int]:
        self.grammar.fill_bitmask(self.row, 0)
        bits = np.unpackbits(self.row[0].numpy().view(np.uint8), bitorder="little")
        return [int(token) for token in np.flatnonzero(bits)]

    def answer(self, *tokens: int) -> bool:
        """As when a step of the model ends: the request has the tokens before the grammar."""
        self.request.append_output_token_ids(list(tokens))
        return self.grammar.accept_tokens("request-0", list(tokens))


@pytest.fixture
def answerer(make_request: Callable[..., Any], vocabulary: Vocabulary) -> Callable[..., Answerer]:
    def make(limit: int | None) -> Answerer:
        return Answerer(make_request(ANSWER, max_tokens=limit or 100), vocabulary, limit)

    return make


@pytest.mark.parametrize("thought", [0, 1, 7, 10])
def test_the_answer_is_whole_within_what_the_thinking_leaves(
    answerer: Callable[..., Answerer], tokenizer: Any, thought: int
) -> None:
    for seed in range(10):
        rng = random.Random(seed)
        one = answerer(14)
        one.think(thought)
        text: list[int] = []
        while one.request.num_output_tokens < 14 and not one.grammar.is_terminated():
            token = rng.choice(one.allowed())
            assert one.answer(token)
            text.append(token)
        written = tokenizer.decode([token for token in text if token not in one.stops])
        assert compile_index(ANSWER, one.grammar.guide.index.vocabulary).accepts(written), written


def test_the_first_token_of_the_answer_may_come_with_the_end_of_thinking(answerer: Callable[..., Answerer]) -> None:
    """Drafts: the mask counts on as many before as there can be, and what was accepted counts exactly."""
    one = answerer(12)
    one.think(3, ended=False)
    one.target.drafting = True
    one.allowed()
    assert one.grammar.guide.max_tokens == 12 - 3 - DRAFTS
    token = one.allowed()[0]
    assert one.grammar.accept_tokens("request-0", [token])
    one.grammar.rollback(1)
    one.target.drafting = False
    # The drafts were in vain: the thinking went on.
    one.think(2, ended=True)
    assert one.answer(token)
    assert one.grammar.guide.max_tokens == 12 - 5
    one.allowed()
    assert one.grammar.guide.max_tokens == 12 - 5


def test_too_few_left_for_any_answer(answerer: Callable[..., Answerer]) -> None:
    with pytest.raises(BudgetError):
        answerer(1)
    one = answerer(6)
    one.think(5)
    # Cut off, which its end tells: the constraint holds as far as it comes.
    assert one.answer(one.allowed()[0])
    assert one.grammar.guide.max_tokens is None
    assert one.grammar.error is None


def test_without_a_limit(answerer: Callable[..., Answerer]) -> None:
    one = answerer(None)
    one.think(5)
    assert one.answer(one.allowed()[0])
    assert one.grammar.guide.max_tokens is None
