"""JSON Schema's `pattern` against a real engine of ECMA-262: random patterns and texts, asked of Node.

`OUTLINES_FUZZ_SECONDS` makes it run longer, `OUTLINES_FUZZ_SEED` from another seed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from outlines.guide import Index, JsonSchemaError, LimitError, Vocabulary

SECONDS = float(os.environ.get("OUTLINES_FUZZ_SECONDS", "8"))
SEED = int(os.environ.get("OUTLINES_FUZZ_SEED", "1"))

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)
NODE = shutil.which("node")

# Reads {"pattern", "texts"} line by line; answers with a list of booleans, or null for what is no pattern.
ORACLE = r"""
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const {pattern, texts} = JSON.parse(line);
  let answer = null;
  try { const regex = new RegExp(pattern, 'u'); answer = texts.map(text => regex.test(text)); } catch (error) {}
  process.stdout.write(JSON.stringify(answer) + '\n');
});
"""

LITERALS = [
    *"aaaabbbbAB01_ -,sk",
    *["é", "ß", "ſ", "K", "😀", r"\n", r"\t", '"', r"\\", r"\.", r"\/", r"\x61", r"\u0062", r"\u{1F600}"],
    *[r"\uD83D\uDE00", r"\0", r"\cJ", r"\u2028", r"\v"],
]
CLASSES = [r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", r"\p{L}", r"\P{L}", r"\p{Lu}", r"\p{Script=Greek}"]
SETS = [
    *["[ab]", "[^a]", "[a-c]", r"[^\n]", r"[^\W\d]", "[]", "[^]", r"[a\]b]", "[-a]", "[a-]", "[A-Z]", "[^b-z]"],
    *[r"[\s\S]", r"[^\s\S]", r"[\x00-\x1f]", "[é-ſ]", r"[\d_]", r"[\b]", '["\\\\]', "[.]"],
    *[r"[\u{1F600}-\u{1F64F}]", r"[\cJ]", r"[\p{L}\d]", r"[^\P{L}]", "[a&b]"],
]
QUANTIFIERS = [
    "*",
    "+",
    "?",
    "*",
    "+",
    "?",
    "{2}",
    "{1,2}",
    "{0,2}",
    "{1,}",
    "{0}",
    "{2,3}",
    "*?",
    "+?",
    "??",
    "{1,2}?",
]
ANCHORS = ["^", "$", r"\b", r"\B"]
CHARACTERS = 'abAB01_ -\n\r.,é"\\ßſsSkKΣ😀\t٣\x1c\x85\u2028\ufeff\x00'


def alternation(rng: random.Random, depth: int) -> str:
    return "|".join(sequence(rng, depth) for _ in range(rng.choice([1, 1, 1, 1, 2, 3])))


def sequence(rng: random.Random, depth: int) -> str:
    items = [item(rng, depth) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4]))]
    return rng.choice(["", "", "", "^"]) + "".join(items) + rng.choice(["", "", "", "$"])


def item(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(ANCHORS)
    if kind < 0.2 and depth:
        return f"{rng.choice(['(?=', '(?!', '(?<=', '(?<!'])}{alternation(rng, depth - 1)})"
    kinds: list[list[str]] = [LITERALS, LITERALS, LITERALS, CLASSES, SETS]
    atom = rng.choice(rng.choice(kinds))
    if kind < 0.4 and depth:
        opening = rng.choice(["(", "(?:", f"(?<name{rng.randrange(10**9)}>"])
        atom = f"{opening}{alternation(rng, depth - 1)})"
    return atom + rng.choice(QUANTIFIERS) if rng.random() < 0.35 else atom


@pytest.fixture
def node() -> Iterator[Callable[[str, list[str]], Any]]:
    with subprocess.Popen(
        [str(NODE), "-e", ORACLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:

        def ask(pattern: str, texts: list[str]) -> Any:
            assert process.stdin is not None and process.stdout is not None
            print(json.dumps({"pattern": pattern, "texts": texts}), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        yield ask
        process.kill()


@pytest.mark.skipif(NODE is None, reason="there is no Node here to ask")
def test_random_patterns(node: Callable[[str, list[str]], Any]) -> None:
    rng = random.Random(SEED)
    deadline = time.monotonic() + SECONDS
    patterns = refused = found = 0
    while time.monotonic() < deadline:
        pattern = alternation(rng, rng.choice([1, 2, 2, 3]))
        hints = [character for character in pattern if character not in "()[]{}?*+|^$\\:<=!>"] or ["a"]
        pools = [hints, "ab\n", CHARACTERS]
        texts = ["", *("".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 5))) for _ in range(20))]
        if r"\B" in pattern or "(?<!" in pattern:
            # Node looks for places between the halves of a surrogate pair too, which are none.
            texts = [text for text in texts if max(text, default="") < "\U00010000"]
        wanted = node(pattern, texts)
        if wanted is None:
            continue
        patterns += 1
        try:
            index = Index.from_json_schema({"type": "string", "pattern": pattern}, BYTES)
            accepted = [index.accepts(json.dumps(text, ensure_ascii=False)) for text in texts]
        except LimitError:
            refused += 1
            continue
        except JsonSchemaError as error:
            if "look-ahead inside a look-behind" in str(error):
                refused += 1
                continue
            assert not any(wanted), (pattern, error)
            continue
        found += sum(wanted)
        for text, want, accept in zip(texts, wanted, accepted, strict=True):
            assert accept == want, f"{pattern!r} on {text!r}: Node says {want}"
    assert refused < patterns * 0.05
    assert found > patterns
