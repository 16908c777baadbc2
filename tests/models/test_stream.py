"""Streams: the same text in pieces, and an engine that is free as soon as they are closed."""

import itertools
import time

import pytest

pytestmark = pytest.mark.engine

STORY = "Tell me a story about a dog and a boat."
LONG = {"max_tokens": 600, "ignore_eos": True}


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 60},
        {"max_tokens": 1},
        {"max_tokens": 80, "stop": ["boat", "the"]},
        {"max_tokens": 80, "stop": ["."], "include_stop_str_in_output": True},
        {"max_tokens": 40, "skip_special_tokens": False, "ignore_eos": True},
    ],
    ids=str,
)
def test_the_pieces_joined_are_the_text(model, unfinished, options):
    pieces = list(model.stream(STORY, temperature=0, **options))
    assert "".join(pieces) == model(STORY, temperature=0, **options)
    assert all(isinstance(piece, str) for piece in pieces)
    assert len(pieces) > options["max_tokens"] // 8


def test_text_of_many_bytes_per_token_is_never_broken(model, unfinished):
    prompt = "Repeat: \N{SMILING FACE WITH SUNGLASSES}\N{RUNNER} नमस्ते 你好"
    pieces = list(model.stream(prompt, temperature=0, max_tokens=50))
    assert "".join(pieces) == model(prompt, temperature=0, max_tokens=50)


def test_close_frees_the_engine_at_once(model, unfinished):
    stream = model.stream(STORY, **LONG)
    next(stream)
    assert unfinished() == 1
    stream.close()
    assert unfinished() == 0
    stream.close()
    assert list(stream) == []


def test_a_stream_that_was_never_read_is_closed_too(model, unfinished):
    stream = model.stream(STORY, **LONG)
    stream.close()
    assert unfinished() == 0


def test_leaving_the_block_or_the_loop_frees_the_engine(model, unfinished):
    with model.stream(STORY, **LONG) as stream:
        next(stream)
    assert unfinished() == 0
    for _ in model.stream(STORY, **LONG):
        break
    deadline = time.monotonic() + 2
    while unfinished() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert unfinished() == 0


def test_an_error_of_the_consumer_ends_only_its_own_request(model, unfinished):
    other = model.stream(STORY, temperature=0, max_tokens=40)
    with pytest.raises(RuntimeError, match="consumer"), model.stream(STORY, **LONG) as stream:
        next(stream)
        raise RuntimeError("consumer")
    assert "".join(other) == model(STORY, temperature=0, max_tokens=40)


def test_streams_and_calls_interleave(model, unfinished):
    prompts = ["Name three fruits.", "Name three rivers.", "Name three colours."]
    options = {"temperature": 0, "max_tokens": 40}
    streams = [model.stream(prompt, **options) for prompt in prompts]
    texts = [""] * len(prompts)
    between = ""
    for position, pieces in enumerate(itertools.zip_longest(*streams, fillvalue="")):
        texts = [text + piece for text, piece in zip(texts, pieces, strict=True)]
        if position == 5:
            between = model(prompts[0], **options)
    assert texts == model.batch(prompts, **options)
    assert between == texts[0]


def test_a_slow_consumer_loses_nothing(model, unfinished):
    pieces = []
    for piece in model.stream(STORY, temperature=0, max_tokens=30):
        time.sleep(0.02)
        pieces.append(piece)
    assert "".join(pieces) == model(STORY, temperature=0, max_tokens=30)


def test_a_stream_has_one_output(model):
    with pytest.raises(ValueError, match="not of n=2"):
        model.stream(STORY, n=2)
