"""No pattern makes a compile, a mask or a token take long or much memory: it is done, or refused by a limit, in bounds.

`OUTLINES_WALK_TOKENS` makes the walks longer.
"""

from __future__ import annotations

import pytest

from demo import LLAMA3_TOKENIZER, use_demo_environment
from outlines.guide import Vocabulary

from . import explosion

use_demo_environment()

# Seconds of processor time for one call, MB for one constraint, and the share of the table that limits may refuse.
SECONDS, MEGABYTES, REFUSED = 2.0, 512.0, 0.1


@pytest.mark.tokenizers
def test_nasty_patterns() -> None:
    from transformers import AutoTokenizer

    vocabulary = Vocabulary.from_tokenizer(AutoTokenizer.from_pretrained(LLAMA3_TOKENIZER))
    wrong, refused = [], []
    for pattern, cost in explosion.run(explosion.NASTY, vocabulary):
        name = pattern if len(pattern) < 80 else pattern[:77] + "..."
        refused += [name] if "limit" in cost else []
        slow = [call for call in ("compile", "first mask", "mask", "token") if cost.get(call, 0) > SECONDS]
        if not cost or slow or cost["mb"] > MEGABYTES:
            wrong.append((name, slow, cost))
    assert not wrong
    assert len(refused) <= REFUSED * len(explosion.NASTY), refused
