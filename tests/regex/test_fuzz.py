"""Random patterns and texts: the engine accepts what `re.fullmatch` matches, and nothing else.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from outlines.guide import Index, LimitError, RegexError, Vocabulary

from ..patience import TooLongError, at_most
from .patterns import PatternMaker, compile_or_none, random_texts

SECONDS = float(os.environ.get("OUTLINES_FUZZ_SECONDS", "12"))
SEED = int(os.environ.get("OUTLINES_FUZZ_SEED", "1"))

# Refusals that are ours and not Python's; the documentation names them.
NOT_HONOURED = (
    "conditional",
    "atomic group or possessive",
    "look-ahead inside a look-behind",
    "look-behind is too complex",
)

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.skipif(sys.version_info < (3, 11, 7), reason="no atomic groups before 3.11, and 3.11.2 errs in them")
@pytest.mark.parametrize(("looks", "atomic"), [(0.12, 0.05), (0.3, 0.1)])
def test_random_patterns(looks: float, atomic: float) -> None:
    rng = random.Random(SEED * 1000 + looks)
    maker = PatternMaker(rng, looks, atomic)
    deadline = time.monotonic() + SECONDS
    patterns = refused = matches = 0
    while time.monotonic() < deadline:
        pattern = maker.pattern()
        compiled = compile_or_none(pattern)
        patterns += 1
        try:
            index = Index.from_regex(pattern, BYTES)
        except LimitError:
            refused += 1
            continue
        except RegexError as error:
            if "no text matches" in str(error):
                index = None
            else:
                assert compiled is None or any(reason in str(error) for reason in NOT_HONOURED), (pattern, error)
                refused += compiled is not None
                continue
        assert compiled is not None, f"re refuses {pattern!r}"
        for text in random_texts(rng, pattern, 25):
            try:
                with at_most(1):
                    wanted = compiled.fullmatch(text) is not None
            except (TooLongError, SystemError):
                # SystemError: a fault of some versions of `re` itself, which cannot be asked then.
                continue
            try:
                accepted = index is not None and index.accepts(text)
            except LimitError:
                refused += 1
                break
            matches += wanted
            assert accepted == wanted, f"{pattern!r} on {text!r}: re says {wanted}"
    assert refused < patterns * 0.05
    assert matches > patterns
