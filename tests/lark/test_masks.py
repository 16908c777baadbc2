"""Masks of a vocabulary with long tokens, against the same grammar asked byte by byte.

A mask is worked out for what little of a state its tokens can see, with the stack cut short; where greedy terminals bar
the way, what lies below the cut matters. So these grammars are full of terminals that take what should follow them.
"""

from __future__ import annotations

import random
import time

import pytest

from outlines.guide import GrammarError, Guide, Index, LimitError, Vocabulary

from .random_grammars import RandomGrammar
from .support import BYTES, allowed
from .test_fuzz import SECONDS, SEED
from .test_lalr import LalrGrammar

LETTERS = "abcif1( +A#"


def vocabulary(rng: random.Random) -> list[bytes]:
    """Tokens of one to six characters, every single byte among them."""
    longer = {"".join(rng.choices(LETTERS, k=rng.randint(2, 6))) for _ in range(150)}
    repeated = {letter * count for letter in "ab " for count in (2, 3, 5, 9)}
    return [bytes([byte]) for byte in range(256)] + sorted(text.encode() for text in longer | repeated)


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.filterwarnings("ignore:the rule")
def test_masks_of_long_tokens() -> None:
    rng = random.Random(SEED)
    deadline = time.monotonic() + SECONDS
    masks = 0
    while time.monotonic() < deadline:
        parser = rng.choice(["earley", "earley", "lalr"])
        grammar = (LalrGrammar if parser == "lalr" else RandomGrammar)(rng).text
        tokens = vocabulary(rng)
        eos = len(tokens)
        try:
            index = Index.from_grammar(grammar, Vocabulary([*tokens, None], [eos], eos + 1), parser=parser)
            bytewise = Index.from_grammar(grammar, BYTES, parser=parser)
        except (GrammarError, LimitError):
            continue
        for _ in range(4):
            try:
                masks += walk(rng, index, bytewise, tokens, f"seed {SEED} ({parser})\n{grammar}")
            except LimitError:
                break
    assert masks > 100


def walk(rng: random.Random, index: Index, bytewise: Index, tokens: list[bytes], where: str) -> int:
    """A walk whose masks are held against the other index; how many masks there were."""
    guide, text, eos, masks = Guide(index), b"", len(tokens), 0
    for _ in range(rng.randint(1, 25)):
        following = set(allowed(guide, eos))
        masks += 1
        asked = rng.sample(range(256, eos), 20) + [ord(letter) for letter in LETTERS]
        for token in asked:
            expected = bytewise.accepts_prefix(text + tokens[token])
            assert (token in following) == expected, f"{tokens[token]!r} after {text!r}, {where}"
        assert (eos in following) == bytewise.accepts(text), f"the end of {text!r}, {where}"
        usual = [token for token in following if token < eos and tokens[token].strip(LETTERS.encode()) == b""]
        if not usual:
            break
        token = rng.choice(usual)
        assert guide.advance(token)
        text += tokens[token]
    return masks


@pytest.mark.filterwarnings("ignore:the rule")
@pytest.mark.parametrize("alternative", ['"y" NEVER "b"', '"y" inner NEVER', "other NEVER inner"])
def test_a_terminal_that_never_matches_is_not_begun(alternative: str) -> None:
    grammar = f'start: "x" | {alternative}\ninner: "b"\nother: "y" inner\nNEVER: /(?!ab)a(?=b)/\n'
    index = Index.from_grammar(grammar, BYTES)
    assert allowed(Guide(index)) == [ord("x")]
    assert index.accepts("x") and not index.accepts_prefix("y")
    with pytest.raises(GrammarError, match="no sentence"):
        Index.from_grammar(grammar.replace('"x" | ', ""), BYTES)
