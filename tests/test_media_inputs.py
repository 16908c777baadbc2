"""Images, audio and video as parts of a message; what vLLM's own reader makes of them."""

import base64
import io
import struct

import numpy as np
import PIL.Image
import pytest

from demo import use_demo_environment
from outlines.inputs import Audio, Chat, Image, Video

use_demo_environment()

RED = PIL.Image.new("RGB", (4, 2), "red")


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_is_read_when_it_is_made(tmp_path):
    path = tmp_path / "red.png"
    path.write_bytes(png(RED))
    for source in (RED, png(RED), path, str(path)):
        part = Image(source).part()
        assert part["type"] == "image_pil"
        assert part["image_pil"].tobytes() == RED.tobytes()
    assert Image("https://example.org/a.png").part() == {
        "type": "image_url",
        "image_url": {"url": "https://example.org/a.png"},
    }


@pytest.mark.parametrize("kind", [Image, Audio, Video])
def test_what_is_no_source(kind, tmp_path):
    with pytest.raises(FileNotFoundError):
        kind(tmp_path / "absent")
    with pytest.raises(TypeError, match=r"is a path, bytes, a URL or .*, not int"):
        kind(5)


def test_what_is_no_image_no_sound_no_video():
    with pytest.raises(ValueError, match="no image that PIL can read"):
        Image(b"nonsense")
    with pytest.raises(TypeError, match=r"\(samples, rate\)"):
        Audio((np.zeros((2, 2)), 16000))
    with pytest.raises(ValueError, match="at least one"):
        Video([])
    with pytest.raises(ValueError, match="all of one size"):
        Video([RED, RED.resize((2, 2))])


def test_samples_become_a_wave_file():
    samples = np.linspace(-1, 1, 50, dtype=np.float32)
    part = Audio((samples, 8000)).part()
    assert part["type"] == "audio_url"
    kind, _, data = part["audio_url"]["url"].partition(",")
    assert kind == "data:audio/wav;base64"
    data = base64.b64decode(data)
    riff, size, wave, form, form_size, encoding, channels, rate, per_second, block, bits = struct.unpack_from(
        "<4sI4s4sIHHIIHH", data
    )
    assert (riff, size, wave, form, form_size) == (b"RIFF", len(data) - 8, b"WAVE", b"fmt ", 16)
    assert (encoding, channels, rate, per_second, block, bits) == (3, 1, 8000, 32000, 4, 32)
    assert struct.unpack_from("<4sI", data, 36) == (b"data", 200)
    assert np.frombuffer(data[44:], dtype="<f4").tolist() == samples.tolist()


def test_a_file_of_sound_keeps_its_type(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"abc")
    assert Audio(path).part()["audio_url"]["url"] == "data:audio/mpeg;base64," + base64.b64encode(b"abc").decode()
    assert Audio(b"abc").part()["audio_url"]["url"].startswith("data:audio/wav;base64,")


def test_vllm_reads_the_frames_of_a_video(tmp_path):
    """From frames and from a file that another library wrote, with vLLM's own reader."""
    import cv2
    from vllm.multimodal.media import MediaConnector

    def read(video):
        frames, _ = MediaConnector().fetch_video(video.part()["video_url"]["url"])
        return np.asarray(frames)

    frames = np.random.default_rng(0).integers(0, 255, (3, 6, 8, 3), dtype=np.uint8)
    assert (read(Video(frames)) == frames).all()
    assert (read(Video([PIL.Image.fromarray(frame) for frame in frames])) == frames).all()

    path = tmp_path / "grey.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 5, (64, 48))
    for level in (0, 128, 255):
        writer.write(np.full((48, 64, 3), level, dtype=np.uint8))
    writer.release()
    for source in (path, path.read_bytes()):
        levels = read(Video(source)).mean(axis=(1, 2, 3))
        assert np.allclose(levels, (0, 128, 255), atol=6)


def test_in_a_chat():
    chat = Chat()
    chat.add_user_message(["What is this?", Image(RED)])
    assert isinstance(chat.messages[0]["content"][1], Image)
