"""Requests that think first, with real guides: where thinking ends, whatever spells the marker, and back again."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from outlines.constraint import Constraint
from outlines.guide import Guide, Vocabulary
from outlines.plugin import mark
from outlines.plugin.compiler import compile_index
from outlines.plugin.grammar import RowTarget
from outlines.plugin.thinking import EndMarker, ThinkingGrammar, is_over

ANSWER = Constraint("regex", "[0-9]{3}")


class Thinker:
    """A grammar and its mask, with the text that it has taken."""

    def __init__(self, grammar: ThinkingGrammar, size: int) -> None:
        self.grammar = grammar
        self.row = torch.full((1, (size + 31) // 32), -1, dtype=torch.int32)

    def allowed(self) -> set[int]:
        self.row.fill_(-1)
        self.grammar.fill_bitmask(self.row, 0)
        return set(np.flatnonzero(np.unpackbits(self.row[0].numpy().view(np.uint8), bitorder="little")).tolist())

    def take(self, *tokens: int) -> bool:
        return self.grammar.accept_tokens("request-0", list(tokens))


@pytest.fixture
def think(make_request: Callable[..., Any], vocabulary: Vocabulary, tokenizer: Any) -> Callable[..., Thinker]:
    markers: dict[str, EndMarker] = {}

    def make(end: str = "</think>", budget: int | None = None, constraint: Constraint = ANSWER) -> Thinker:
        request = make_request(constraint)
        stops = sorted(request.sampling_params.all_stop_token_ids)
        guide = Guide(compile_index(constraint, vocabulary), stops)
        marker = markers.setdefault(end, EndMarker(end, vocabulary, tokenizer))
        target = RowTarget((vocabulary.size + 31) // 32)
        thinker = Thinker(
            ThinkingGrammar(request, guide, stops, target, endless=False, marker=marker, budget=budget), vocabulary.size
        )
        thinker.request = request  # type: ignore[attr-defined]
        return thinker

    return make


def ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False))


def test_thinking_is_free_but_may_not_end_the_output(think: Callable[..., Thinker], tokenizer: Any) -> None:
    thinker = think()
    allowed = thinker.allowed()
    assert tokenizer.eos_token_id not in allowed
    assert max(allowed) == max(tokenizer.get_vocab().values())
    # All other tokens, special ones too, but for those that end the marker and go on.
    assert len(allowed) > len(tokenizer) - 10
    assert thinker.take(*ids(tokenizer, "Well < / think > 12 </thin</think"))
    assert not thinker.grammar.is_terminated()
    assert thinker.take(*ids(tokenizer, ">"))
    assert thinker.allowed() == {token for token in range(10**5) if tokenizer.decode([token]).isdecimal()} & {
        token for token in thinker.allowed() if len(tokenizer.decode([token])) <= 3
    }
    assert thinker.take(*ids(tokenizer, "123"), tokenizer.eos_token_id)
    assert thinker.grammar.is_terminated()


@pytest.mark.parametrize("end", ["</think>", "aab", "-----", "end.\n", "é!"])
def test_the_marker_is_found_in_whatever_spells_it(
    think: Callable[..., Thinker], vocabulary: Vocabulary, tokenizer: Any, end: str
) -> None:
    """Against `str.find` over the text of random tokens, many of them pieces of the marker."""
    rng = random.Random(end)
    pieces = [
        token
        for token in range(vocabulary.size)
        if (piece := vocabulary.token(token)) and (piece in end.encode() or end.encode()[:2] in piece)
    ]
    found = 0
    for seed in range(20):
        thinker, text = think(end), b""
        for _ in range(40):
            token = rng.choice(pieces) if rng.random() < 0.9 else rng.randrange(17, len(tokenizer))
            if rng.random() < 0.6:
                # One that goes on with what there is of the marker.
                begun = next(size for size in range(len(end), -1, -1) if text.endswith(end.encode()[:size]))
                rest = end.encode()[begun:]
                token = rng.choice(
                    [token for token in pieces if rest.startswith((vocabulary.token(token) or b"?")[:1])]
                )
            piece = vocabulary.token(token) or b""
            where = (text + piece).find(end.encode())
            whole = where >= 0 and where + len(end.encode()) == len(text + piece)
            assert (token in thinker.allowed()) == (where < 0 or whole), (seed, text, piece)
            assert thinker.grammar.validate_tokens([token]) == ([token] if where < 0 or whole else [])
            if where >= 0 and not whole:
                continue
            assert thinker.take(token)
            text += piece
            assert (thinker.grammar.masking_guide is not None) == whole
            if whole:
                found += 1
                break
    assert found > 2


@pytest.mark.parametrize("budget", [0, 1, 5])
def test_at_its_budget_the_marker_is_forced(think: Callable[..., Thinker], tokenizer: Any, budget: int) -> None:
    rng = random.Random(budget)
    for _ in range(10):
        thinker, written = think(budget=budget), []
        while thinker.grammar.masking_guide is None:
            if len(written) < budget:
                token = rng.choice(ids(tokenizer, "</think> so what </")[:-1])
                if token not in thinker.allowed():
                    continue
            else:
                token = rng.choice(sorted(thinker.allowed()))
            assert thinker.take(token)
            written.append(token)
        text = tokenizer.decode(written)
        assert text.endswith("</think>")
        assert len(written) <= budget + len("</think>")
    assert thinker.take(*ids(tokenizer, "123"), tokenizer.eos_token_id)


def test_rollback_and_validation_over_the_border(think: Callable[..., Thinker], tokenizer: Any) -> None:
    thinker = think(budget=50)
    tokens = [*ids(tokenizer, "I think </ th</think>"), *ids(tokenizer, "123"), tokenizer.eos_token_id]
    masks = []
    assert thinker.grammar.validate_tokens([*tokens, tokens[0]]) == tokens
    assert thinker.grammar.validate_tokens([*tokens[:-2], tokens[0]]) == tokens[:-2]
    for token in tokens:
        masks.append(thinker.allowed())
        assert thinker.take(token)
    rng = random.Random(3)
    taken = len(tokens)
    for _ in range(200):
        back = rng.randint(0, taken)
        thinker.grammar.rollback(back)
        taken -= back
        assert not thinker.grammar.is_terminated() or taken == len(tokens)
        if taken < len(tokens):
            assert thinker.allowed() == masks[taken]
        forward = rng.randint(0, len(tokens) - taken)
        assert thinker.grammar.validate_tokens(tokens[taken : taken + forward]) == tokens[taken : taken + forward]
        assert thinker.take(*tokens[taken : taken + forward])
        taken += forward
    thinker.grammar.reset()
    assert thinker.allowed() == masks[0]


def test_a_special_token_that_is_the_marker(vocabulary: Vocabulary, tokenizer: Any, think: Any) -> None:
    end = tokenizer.convert_ids_to_tokens(5)
    thinker = think(end, budget=2)
    assert vocabulary.token(5) is None
    assert thinker.take(*ids(tokenizer, "a b"))
    assert thinker.allowed() == {5}
    assert thinker.take(5)
    assert thinker.grammar.masking_guide is not None


def test_a_marker_of_several_special_tokens_and_text(think: Callable[..., Thinker], tokenizer: Any) -> None:
    """As that of gpt-oss."""
    tokens = [tokenizer.convert_tokens_to_ids("<|im_start|>"), *ids(tokenizer, "assistant"), 5]
    end = tokenizer.decode(tokens)
    thinker, begun = think(end, budget=6), [*tokens[:-1], *ids(tokenizer, "no"), tokens[-1], tokens[0]]
    assert thinker.take(*begun)
    assert thinker.grammar.masking_guide is None
    # At the budget, what is missing.
    written = begun[-1:]
    while thinker.grammar.masking_guide is None:
        (token,) = thinker.allowed()
        assert thinker.take(token)
        written.append(token)
    assert tokenizer.decode(written) == end
    # Spelled in letters, it is the same text.
    spelled = think(end)
    for letter in end:
        assert spelled.grammar.masking_guide is None
        assert spelled.take(*ids(tokenizer, letter))
    assert spelled.grammar.masking_guide is not None


def test_a_stop_token_or_padding_in_the_thinking_is_refused(
    think: Callable[..., Thinker], tokenizer: Any, vocabulary: Vocabulary
) -> None:
    for token in (tokenizer.eos_token_id, vocabulary.size - 1, -1, 10**9):
        thinker = think()
        assert thinker.grammar.validate_tokens([token]) == []
        assert not thinker.take(token)


def test_a_prompt_in_which_thinking_is_over(tokenizer: Any) -> None:
    always, if_opened = mark.Thinking("</think>"), mark.Thinking("</think>", opened_by="<think>")
    for prompt, over in (
        ("Q? <think>\n\n</think>\n\n", (True, True)),
        ("Q? </think> A. Q? <think>\n", (False, False)),
        ("Q? </think> A. Q?", (False, True)),
        ("Q? A:", (False, True)),
        ("Q? <think> Well", (False, False)),
    ):
        tokens = ids(tokenizer, prompt)
        assert (is_over(tokenizer, tokens, always), is_over(tokenizer, tokens, if_opened)) == over
    assert not is_over(tokenizer, None, always)


@pytest.mark.parametrize("thinking", [mark.Thinking("</think>"), mark.Thinking("x", 7, "y"), False, None])
def test_what_a_mark_says_of_thinking(make_request: Callable[..., Any], thinking: Any) -> None:
    from vllm import SamplingParams

    from outlines.plugin.request import mark as put

    params = SamplingParams()
    put(params, ANSWER, thinking)
    assert mark.thinking(params) == thinking
    assert mark.read(params) == ANSWER


@pytest.mark.parametrize(
    "given",
    [
        True,
        {},
        {"end": ""},
        {"end": 1},
        {"end": "x", "budget": -1},
        {"end": "x", "opened_by": ""},
        {"end": "x", "y": 1},
    ],
)
def test_a_malformed_mark_is_refused(given: Any) -> None:
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    params = SamplingParams(
        structured_outputs=StructuredOutputsParams(regex="a"), extra_args={"outlines-vllm": {"thinking": given}}
    )
    with pytest.raises(ValueError, match="thinking"):
        mark.thinking(params)


def test_a_marker_that_no_token_can_write(tokenizer: Any) -> None:
    from outlines.guide import ConstraintError

    few = Vocabulary([b"a", b"b", None], [2], 3)
    with pytest.raises(ConstraintError, match="cannot write '</think>'"):
        EndMarker("</think>", few, tokenizer)
