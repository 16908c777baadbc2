"""Two hundred random types, for real: whatever the model writes for a type, the type reads."""

import random

import pytest

from outlines.types.convert import constraint_of, convert

from .random_types import SMALL, random_type

pytestmark = pytest.mark.engine

COUNT, SEED = 200, 17


def test_random_types(model, unfinished):
    rng = random.Random(SEED)
    sources = []
    while len(sources) < COUNT:
        source = random_type(rng, depth=3, limits=SMALL)
        if convert(source).term is not None:
            sources.append(source)
    # Longest first, so that the engine's batch stays full to the end.
    sources.sort(key=lambda source: -len(str(constraint_of(convert(source).term).value)))
    prompts = [f"Make up value {number}." for number in range(COUNT)]
    texts = model.batch(prompts, sources, temperature=1.0, seed=SEED, max_tokens=900)
    for source, text in zip(sources, texts, strict=True):
        try:
            convert(source).parse(text)
        except ValueError as error:
            pytest.fail(f"seed {SEED}: {source} gave {text!r}: {error}\n{constraint_of(convert(source).term)}")
