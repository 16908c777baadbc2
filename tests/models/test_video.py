"""Videos in prompts, on vLLM's real Qwen2-VL class with random weights, in vLLM's in-process mode."""

import numpy as np
import PIL.Image
import pytest

import outlines
from outlines.inputs import Chat, Image, Video

from .in_process import in_process, perceived
from .tiny_qwen2_vl import TEMPORAL, VIDEO, write

pytestmark = pytest.mark.engine

QUESTION = "What happens?"


def film(*colours: str) -> np.ndarray:
    """A frame of each colour."""
    return np.stack([np.asarray(PIL.Image.new("RGB", (64, 32), colour)) for colour in colours])


@pytest.fixture(scope="module")
def watching(tmp_path_factory):
    with in_process(write(tmp_path_factory.mktemp("qwen2-vl")), max_model_len=1024, max_num_seqs=4) as model:
        yield model


def seen(model, prompt):
    return perceived(model, prompt, VIDEO, max_tokens=4)


def test_a_video_is_watched(watching):
    dawn = film("black", "blue", "red", "white")
    count, expected = seen(watching, [QUESTION, Video(dawn)])
    assert count > 0
    assert seen(watching, QUESTION)[0] == 0
    # Twice as many frames are twice as many tokens.
    assert seen(watching, [QUESTION, Video(np.concatenate([dawn, dawn]))])[0] == 2 * count
    assert count % (len(dawn) // TEMPORAL) == 0
    # What is in the frames is seen, and in which order.
    assert seen(watching, [QUESTION, Video(film("black", "blue", "red", "green"))])[1] != expected
    assert seen(watching, [QUESTION, Video(dawn[::-1])])[1] != expected
    # The same frames as images, and in a chat.
    frames = [PIL.Image.fromarray(frame) for frame in dawn]
    assert seen(watching, [QUESTION, Video(frames)]) == (count, expected)
    chat = Chat([{"role": "user", "content": [QUESTION, Video(dawn)]}])
    assert seen(watching, chat) == (count, expected)


def test_a_file(watching, tmp_path):
    import cv2

    path = tmp_path / "film.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 2, (64, 32))
    for frame in film("black", "blue", "red", "white"):
        writer.write(frame[:, :, ::-1])
    writer.release()
    of_path = seen(watching, [QUESTION, Video(path)])
    assert of_path[0] > 0
    assert seen(watching, [QUESTION, Video(path.read_bytes())]) == of_path


def test_a_constraint_holds_beside_an_image_and_in_a_batch(watching):
    video, picture = Video(film("black", "white")), Image(PIL.Image.new("RGB", (32, 32), "red"))
    prompts = [[QUESTION, video], [QUESTION, picture, video], QUESTION]
    texts = watching.batch(prompts, outlines.Regex("[a-c]{3}"), temperature=1.0, seed=1)
    assert all(len(text) == 3 and set(text) <= set("abc") for text in texts)
