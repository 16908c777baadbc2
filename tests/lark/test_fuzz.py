"""Random grammars against Lark: the same texts are sentences, and no walk over the masks comes to a dead end.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import os
import random
import time

import lark
import pytest

from outlines.guide import GrammarError, Guide, Index, LimitError

from ..patience import TooLongError, at_most
from .random_grammars import RandomGrammar, Sentences
from .support import BYTES, parses, random_walk, words

SECONDS = float(os.environ.get("OUTLINES_FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("OUTLINES_FUZZ_SEED", "1"))
ALPHABET = "abc A#é"
SHORT = words("abc ", 3)


def load(text: str) -> lark.Lark | lark.exceptions.LarkError:
    try:
        return lark.Lark(text, parser="earley")
    except lark.exceptions.LarkError as error:
        return error


def compare(rng: random.Random, index: Index, parser: lark.Lark) -> int:
    """Asks both about short texts and likely ones; how many of them were sentences."""
    sentences = Sentences(rng, parser)
    texts = {*rng.sample(SHORT, 25), *(sentences.sentence() for _ in range(20))}
    found = 0
    for text in sorted(text for text in texts if len(text) <= 40):
        try:
            with at_most(10):
                wanted = parses(parser, text)
        except TooLongError:
            # So ambiguous that Lark is at it for hours.
            continue
        assert index.accepts(text) == wanted, f"{text!r}: Lark says {wanted}"
        assert not wanted or index.accepts_prefix(text)
        found += wanted
    return found


def walk(rng: random.Random, index: Index, parser: lark.Lark) -> bool:
    """A walk over the masks, and from there to the nearest end; whether that was found."""
    whole = random_walk(rng, Guide(index), ALPHABET)
    if whole is None:
        return False
    try:
        with at_most(10):
            parsed = parses(parser, whole)
    except TooLongError:
        return False
    assert parsed, f"{whole!r} is allowed, but Lark does not parse it"
    return True


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.filterwarnings("ignore:the rule")
def test_random_grammars() -> None:
    rng = random.Random(SEED)
    deadline = time.monotonic() + SECONDS
    grammars = refused = empty = found = ended = walks = over = 0
    while time.monotonic() < deadline:
        grammar = RandomGrammar(rng).text
        try:
            parser = load(grammar)
            grammars += 1
            try:
                index = Index.from_grammar(grammar, BYTES)
            except GrammarError as error:
                if isinstance(parser, lark.Lark):
                    assert "has no sentence" in str(error), error
                    assert not any(parses(parser, text) for text in SHORT)
                    empty += 1
                refused += 1
                continue
            if not isinstance(parser, lark.Lark):
                # docs/grammars.md: alternatives that come to the same symbols are one here.
                assert "Rules defined twice" in str(parser) or "zero-width" in str(parser), parser
                refused += 1
                continue
            found += compare(rng, index, parser)
            ended += sum(walk(rng, index, parser) for _ in range(3))
            walks += 3
        except LimitError:
            # So ambiguous that a step takes over a second: rare, or too much is given up.
            over += 1
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}, grammar {grammars}: {error}\n{grammar}") from error
    assert over <= 2 + grammars * 0.01
    assert found > grammars
    assert ended > walks * 0.8
    assert empty < grammars * 0.2
    assert refused < grammars * 0.5
