"""The grammar objects, with real guides, real requests of vLLM's and a real bitmask."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from outlines.constraint import Constraint
from outlines.errors import GenerationError
from outlines.guide import Guide, RegexError, Vocabulary
from outlines.plugin import failure
from outlines.plugin.compiler import compile_index
from outlines.plugin.grammar import GuideGrammar, PoisonGrammar, RowTarget

MakeRequest = Callable[..., Any]

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "ages": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["name", "ages"],
    "additionalProperties": False,
}
CONSTRAINTS = [
    Constraint("regex", r"[a-z]{2,6}( [0-9]{1,3})?"),
    Constraint("choice", ["yes", "no", "yes, but later"]),
    Constraint("json", SCHEMA),
    Constraint("grammar", 'start: "(" start ")" start |'),
]


class Bench:
    """A grammar, and its mask read back from row 1 of a bitmask of three."""

    def __init__(self, grammar: Any, size: int) -> None:
        self.grammar = grammar
        self.size = size
        self.bitmask = torch.full((3, (size + 31) // 32), -1, dtype=torch.int32)

    def allowed(self) -> set[int]:
        self.bitmask.fill_(-1)
        self.grammar.fill_bitmask(self.bitmask, 1)
        assert (self.bitmask[0] == -1).all(), "the row before was written to"
        assert (self.bitmask[2] == -1).all(), "the row after was written to"
        bits = np.unpackbits(self.bitmask[1].numpy().view(np.uint8), bitorder="little")
        return set(np.flatnonzero(bits).tolist())


@pytest.fixture
def make(make_request: MakeRequest, vocabulary: Vocabulary) -> Callable[..., Bench]:
    def make_bench(constraint: Constraint, **fields: Any) -> Bench:
        request = make_request(constraint, **fields)
        params = request.sampling_params
        stop_tokens = sorted(params.all_stop_token_ids)
        guide = Guide(compile_index(constraint, vocabulary), stop_tokens)
        target = RowTarget((vocabulary.size + 31) // 32)
        bench = Bench(GuideGrammar(request, guide, stop_tokens, target, bool(params.ignore_eos)), vocabulary.size)
        # The grammar holds its request weakly, as the engine holds it strongly.
        bench.request = request  # type: ignore[attr-defined]
        bench.target = target  # type: ignore[attr-defined]
        return bench

    return make_bench


def ids(tokenizer: Any, text: str) -> list[int]:
    encoded: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return encoded


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.kind)
def test_masks_accepts_and_validates_agree_on_random_walks(
    constraint: Constraint, make: Callable[..., Bench], tokenizer: Any
) -> None:
    rng = random.Random(7)
    for _ in range(5):
        bench = make(constraint)
        index_accepts = bench.grammar.guide
        taken: list[int] = []
        for _ in range(30):
            allowed = bench.allowed()
            assert allowed, "a state without a way on"
            assert max(allowed) < len(tokenizer), "a padding id is allowed"
            assert (tokenizer.eos_token_id in allowed) == index_accepts.is_accepting()
            some = rng.sample(sorted(allowed), min(20, len(allowed))) + rng.choices(range(bench.size), k=20)
            for token in some:
                assert bench.grammar.validate_tokens([token]) == ([token] if token in allowed else [])
            # An illegal token changes nothing; validating changed nothing.
            assert bench.allowed() == allowed
            token = rng.choice(sorted(allowed))
            assert bench.grammar.accept_tokens("request-0", [token])
            taken.append(token)
            if bench.grammar.is_terminated():
                break
        # The whole walk is valid from the start, in one go.
        fresh = make(constraint)
        assert fresh.grammar.validate_tokens(taken) == taken
        assert fresh.grammar.accept_tokens("request-0", taken)


def test_stop_tokens_are_masked_until_the_output_is_complete(make: Callable[..., Bench], tokenizer: Any) -> None:
    a, z = ids(tokenizer, "a")[0], ids(tokenizer, "z")[0]
    bench = make(Constraint("regex", "a{2}z?"), stop_token_ids=[z])
    stops = {tokenizer.eos_token_id, z}
    assert not bench.allowed() & stops
    assert bench.grammar.accept_tokens("request-0", [a])
    assert not bench.allowed() & stops
    assert bench.grammar.accept_tokens("request-0", [a])
    # "z" could go on as text, but as a stop token it only ends.
    assert bench.allowed() == stops
    assert bench.grammar.accept_tokens("request-0", [z])
    assert bench.grammar.is_terminated()


def test_rollback_across_the_end(make: Callable[..., Bench], tokenizer: Any) -> None:
    bench = make(CONSTRAINTS[0])
    tokens = [*ids(tokenizer, "ab 12"), tokenizer.eos_token_id]
    masks = []
    for token in tokens:
        masks.append(bench.allowed())
        assert bench.grammar.accept_tokens("request-0", [token])
    assert bench.grammar.is_terminated()
    for taken in range(len(tokens) - 1, -1, -1):
        bench.grammar.rollback(1)
        assert not bench.grammar.is_terminated()
        assert bench.allowed() == masks[taken]
    assert bench.grammar.accept_tokens("request-0", tokens)
    bench.grammar.rollback(len(tokens))
    assert bench.allowed() == masks[0]
    assert bench.grammar.accept_tokens("request-0", tokens[:2])
    bench.grammar.reset()
    assert bench.allowed() == masks[0]


def test_drafts_are_cut_at_the_first_bad_one(make: Callable[..., Bench], tokenizer: Any) -> None:
    bench = make(CONSTRAINTS[0])
    good = [*ids(tokenizer, "ab"), tokenizer.eos_token_id]
    before = bench.allowed()
    for bad in (-1, bench.size, bench.size - 1, 2**31 - 1, ids(tokenizer, "!")[0]):
        assert bench.grammar.validate_tokens([*good[:-1], bad, good[-1]]) == good[:-1]
        assert bench.grammar.validate_tokens([bad]) == []
    # Nothing but stop tokens is valid after the end.
    assert bench.grammar.validate_tokens([*good, good[0]]) == good
    assert bench.allowed() == before


def test_tokens_after_the_end_are_ignored(make: Callable[..., Bench], tokenizer: Any) -> None:
    bench = make(Constraint("regex", "a"))
    a = ids(tokenizer, "a")[0]
    assert bench.grammar.accept_tokens("request-0", [a, tokenizer.eos_token_id, a, a])
    assert bench.grammar.is_terminated()


def test_ignore_eos_never_lets_free_text_follow(make: Callable[..., Bench], tokenizer: Any) -> None:
    bench = make(Constraint("regex", "a"), ignore_eos=True)
    eos = tokenizer.eos_token_id
    assert bench.grammar.accept_tokens("request-0", [*ids(tokenizer, "a"), eos])
    for _ in range(3):
        assert not bench.grammar.is_terminated()
        assert bench.allowed() == {eos}
        assert bench.grammar.accept_tokens("request-0", [eos])


def test_a_rejected_token_ends_the_request_with_a_reason(make: Callable[..., Bench], tokenizer: Any) -> None:
    bench = make(Constraint("regex", "a+"))
    wrong = ids(tokenizer, "b")
    assert not bench.grammar.accept_tokens("request-0", wrong)
    reason = failure.decode(bench.request.stop_reason)  # type: ignore[attr-defined]
    assert isinstance(reason, GenerationError)
    assert f"token {wrong[0]} of request request-0 is not allowed" in str(reason)
    # It does not recover: what was rejected is in the output already.
    assert not bench.grammar.accept_tokens("request-0", ids(tokenizer, "a"))
    assert bench.grammar.validate_tokens(ids(tokenizer, "a")) == []
    assert bench.allowed() == {tokenizer.eos_token_id}
    assert not bench.grammar.is_terminated()


def test_a_rejected_draft_was_never_written(make: Callable[..., Bench], tokenizer: Any) -> None:
    """vLLM fills rows for drafts that it checked against an earlier state: one that no longer fits is no failure."""
    bench = make(Constraint("regex", "ab+c"))
    a, b, c = (ids(tokenizer, letter)[0] for letter in "abc")
    assert bench.grammar.accept_tokens("request-0", [a])
    before = bench.allowed()
    bench.target.drafting = True  # type: ignore[attr-defined]
    assert bench.grammar.accept_tokens("request-0", [b])
    assert not bench.grammar.accept_tokens("request-0", [a])
    assert bench.allowed() != before
    bench.grammar.rollback(1)
    bench.target.drafting = False  # type: ignore[attr-defined]
    assert bench.request.stop_reason is None  # type: ignore[attr-defined]
    assert bench.allowed() == before
    assert bench.grammar.accept_tokens("request-0", [b, c, tokenizer.eos_token_id])
    assert bench.grammar.is_terminated()


def test_a_row_narrower_than_the_mask(make: Callable[..., Bench]) -> None:
    bench = make(CONSTRAINTS[0])
    whole = bench.allowed()
    words = bench.bitmask.shape[1] - 1
    bench.bitmask = torch.full((3, words), -1, dtype=torch.int32)
    assert bench.allowed() == {token for token in whole if token < 32 * words}


def test_a_poison_grammar_allows_only_stop_tokens_and_ends_its_request(
    make_request: MakeRequest, tokenizer: Any, vocabulary: Vocabulary
) -> None:
    request = make_request(CONSTRAINTS[0], stop_token_ids=[31, 32])
    error = RegexError("no such thing")
    grammar = PoisonGrammar(request, error, sorted(request.sampling_params.all_stop_token_ids))
    bench = Bench(grammar, vocabulary.size)
    assert bench.allowed() == {tokenizer.eos_token_id, 31, 32}
    assert grammar.validate_tokens([31]) == []
    assert not grammar.is_terminated()
    assert not grammar.accept_tokens("request-0", [31])
    reason = failure.decode(request.stop_reason)
    assert isinstance(reason, RegexError)
    assert str(reason) == "no such thing"


def test_a_poison_grammar_without_stop_tokens_still_lets_the_model_write(
    make_request: MakeRequest, vocabulary: Vocabulary
) -> None:
    bench = Bench(PoisonGrammar(make_request(CONSTRAINTS[0]), RegexError("no"), []), vocabulary.size)
    assert set(range(vocabulary.size)) <= bench.allowed()
