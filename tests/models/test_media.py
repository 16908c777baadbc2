"""Images in prompts, on vLLM's real Idefics3 class with random weights, in vLLM's in-process mode."""

import base64
import io
import json

import numpy as np
import PIL.Image
import pytest

import outlines
from outlines.inputs import Audio, Chat, Image, Video

from .in_process import in_process, perceived
from .tiny_idefics import IMAGE, IMAGE_TOKENS, write

pytestmark = pytest.mark.engine

GREEDY = {"temperature": 0, "max_tokens": 8}
QUESTION = "What is this?"


def picture(colour: str) -> PIL.Image.Image:
    return PIL.Image.new("RGB", (40, 24), colour)


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    picture(colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("idefics"))


@pytest.fixture(scope="module")
def seeing(folder):
    domains = ["media.example"]
    with in_process(folder, max_model_len=256, max_num_seqs=8, allowed_media_domains=domains) as model:
        yield model


def seen(model, prompt, **options):
    return perceived(model, prompt, IMAGE, max_tokens=8, **options)


def test_an_image_beside_the_text_is_seen(seeing):
    tokens, red = seen(seeing, [QUESTION, Image(picture("red"))])
    assert tokens == IMAGE_TOKENS
    assert seen(seeing, QUESTION)[0] == 0
    assert red == seen(seeing, [QUESTION, Image(picture("red"))])[1]
    assert red != seen(seeing, [QUESTION, Image(picture("blue"))])[1]
    # The order of text and image is kept.
    assert red != seen(seeing, [Image(picture("red")), QUESTION])[1]
    assert seen(seeing, [Image(picture("red")), QUESTION, Image(picture("blue"))])[0] == 2 * IMAGE_TOKENS


def test_an_image_from_anywhere(seeing, tmp_path):
    path = tmp_path / "red.png"
    path.write_bytes(png("red"))
    expected = seen(seeing, [QUESTION, Image(picture("red"))])
    data = "data:image/png;base64," + base64.b64encode(png("red")).decode()
    for source in (path, str(path), png("red"), data):
        assert seen(seeing, [QUESTION, Image(source)]) == expected


def test_images_in_a_chat(seeing):
    expected = seen(seeing, [QUESTION, Image(picture("red"))])
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(png("red")).decode()}}
    for content in (
        [QUESTION, Image(picture("red"))],
        [{"type": "text", "text": QUESTION}, Image(picture("red"))],
        [{"type": "text", "text": QUESTION}, part],
    ):
        assert seen(seeing, Chat([{"role": "user", "content": content}])) == expected
    turns = Chat([{"role": "user", "content": [QUESTION, Image(picture("red"))]}])
    turns.add_assistant_message("Red.")
    turns.add_user_message(["And this?", Image(picture("blue"))])
    assert seeing(turns, outlines.Regex("[a-z]{3}"), temperature=0).isalpha()


def test_a_constraint_a_stream_and_a_batch(seeing):
    prompt = [QUESTION, Image(picture("red"))]
    schema = outlines.JsonSchema({"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}},
                                  "required": ["colour"], "additionalProperties": False})  # fmt: skip
    text = seeing(prompt, schema, temperature=0)
    assert json.loads(text)["colour"] in ("red", "blue")
    assert "".join(seeing.stream(prompt, schema, temperature=0)) == text
    texts = seeing.batch([prompt, QUESTION, Chat([{"role": "user", "content": prompt}])], schema, temperature=0)
    assert texts[0] == texts[2] == text
    assert len(texts) == 3


def test_without_a_chat_template_the_text_has_the_placeholder(seeing):
    prompt = [f"user: {QUESTION}", IMAGE, "assistant: ", Image(picture("red"))]
    raw = seen(seeing, prompt, apply_chat_template=False)
    assert raw == seen(seeing, [QUESTION, Image(picture("red"))])
    with pytest.raises(ValueError, match="only images that are no URLs"):
        seeing([QUESTION, Image("https://media.example/a.png")], apply_chat_template=False)


def test_a_stream_closed_early_in_process_mode(seeing):
    with seeing.stream([QUESTION, Image(picture("red"))], max_tokens=200, ignore_eos=True) as stream:
        next(stream)
    assert seeing.llm.llm_engine.get_num_unfinished_requests() == 0


def test_what_the_model_or_its_settings_do_not_take(seeing):
    silence = Audio((np.zeros(160, dtype=np.float32), 16000))
    with pytest.raises(ValueError, match="takes text, image, but no audio"):
        seeing([QUESTION, silence])
    with pytest.raises(ValueError, match="takes text, image, but no video"):
        seeing([QUESTION, Video(np.zeros((2, 8, 8, 3), dtype=np.uint8))])
    with pytest.raises(ValueError, match=r"media\.example"):
        seeing([QUESTION, Image("https://elsewhere.example/a.png")])
    with pytest.raises(ValueError, match="Give the path itself"):
        seeing([QUESTION, Image("file:///etc/hostname")])
    with pytest.raises(TypeError, match=r"a part of a message is .* not int"):
        seeing([QUESTION, Image(picture("red")), 5])
    with pytest.raises(TypeError, match=r"wrap it in outlines.inputs.Image"):
        seeing(Chat([{"role": "user", "content": [QUESTION, picture("red")]}]))
    with pytest.raises(ValueError, match="Unsupported chat content part type"):
        seeing(Chat([{"role": "user", "content": [{"type": "smell", "smell": "rose"}]}]))
    with pytest.raises(TypeError, match="put it beside a text"):
        seeing(Image(picture("red")))


def test_a_text_only_model_says_so(model, unfinished):
    for prompt in (["What?", Image(picture("red"))], Chat([{"role": "user", "content": [Image(picture("red"))]}])):
        with pytest.raises(ValueError, match="takes text only, and the prompt has image in it"):
            model(prompt)
    # Nothing is fetched for it.
    url = "https://nowhere.invalid/a"
    for kind, part in (
        ("image", {"type": "image_url", "image_url": {"url": url}}),
        ("image", {"image_url": url}),
        ("audio", {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}),
        ("video", {"type": "video_url", "video_url": {"url": url}}),
    ):
        with pytest.raises(ValueError, match=f"takes text only, and the prompt has {kind} in it"):
            model(Chat([{"role": "user", "content": ["What?", part]}]))
    with pytest.raises(ValueError, match="Unsupported chat content part type: 'smell'"):
        model(Chat([{"role": "user", "content": [{"type": "smell", "smell": "rose"}]}]))
    # A list of texts is content of its own.
    chat = Chat([{"role": "user", "content": ["What is the capital ", "of Latvia?"]}])
    assert isinstance(model(chat, **GREEDY), str)
