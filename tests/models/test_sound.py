"""Sounds in prompts, on vLLM's real Qwen2-Audio class with random weights, in vLLM's in-process mode."""

import numpy as np
import pytest

import outlines
from outlines.inputs import Audio, Chat

from .in_process import in_process, perceived
from .tiny_qwen2_audio import AUDIO, RATE, write

pytestmark = pytest.mark.engine

QUESTION = "What is this?"


def tone(hertz: int, seconds: float = 1.0) -> tuple[np.ndarray, int]:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32), RATE


@pytest.fixture(scope="module")
def hearing(tmp_path_factory):
    with in_process(write(tmp_path_factory.mktemp("qwen2-audio")), max_model_len=1024, max_num_seqs=4) as model:
        yield model


def heard(model, prompt):
    return perceived(model, prompt, AUDIO, max_tokens=4)


def test_a_sound_is_heard(hearing, tmp_path):
    count, low = heard(hearing, [QUESTION, Audio(tone(220))])
    # A frame is 10 ms; the encoder and the pooling behind it halve them once each.
    assert count == 25
    assert heard(hearing, [QUESTION, Audio(tone(220, seconds=2))])[0] == 50
    assert heard(hearing, QUESTION)[0] == 0
    assert heard(hearing, [QUESTION, Audio(tone(880))])[1] != low
    # The same sound as samples, as a file's bytes, as a path, and in a chat.
    data = Audio(tone(220))._data
    path = tmp_path / "low.wav"
    path.write_bytes(data)
    for sound in (Audio(tone(220)), Audio(data), Audio(path)):
        assert heard(hearing, [QUESTION, sound]) == (count, low)
        chat = Chat([{"role": "user", "content": [QUESTION, sound]}])
        assert heard(hearing, chat) == (count, low)


def test_a_constraint_holds(hearing):
    texts = hearing.batch([[QUESTION, Audio(tone(hertz))] for hertz in (220, 440, 880)], outlines.Regex("[a-c]{3}"))
    assert all(len(text) == 3 and set(text) <= set("abc") for text in texts)
