"""Inputs other than a plain string: conversations, images, audio and video.

`Image`, `Audio` and `Video` stand in a `Chat` message's content or beside the text of a prompt:
`["What is in this picture?", Image("cat.png")]`.
"""

from __future__ import annotations

import base64
import io
import mimetypes
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import numpy as np

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


class Chat:
    """A conversation: messages in the form of OpenAI's chat API, `{"role": ..., "content": ...}`.

    Further keys of a message (`name`, `tool_calls`, `tool_call_id`, ...) are kept and reach the model's chat template.
    If the last message is the assistant's, the model continues it. The content is a str, or a list of str, `Image`,
    `Audio`, `Video` and OpenAI's own parts (`{"type": "text", ...}`).

    Args:
        messages: the conversation so far. The list and its messages are copied.

    Raises:
        TypeError: a message is not a dict, or its role is not a str.
        ValueError: a message has no role, an unknown role, or neither content nor tool calls.
    """

    def __init__(self, messages: Iterable[dict[str, Any]] | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        if isinstance(messages, (str, bytes, dict)):
            raise TypeError(f"Chat takes a list of messages, not {type(messages).__name__}")
        self.extend(messages or ())

    def append(self, message: dict[str, Any]) -> None:
        """Add a message at the end."""
        self.messages.append(_checked(message))

    def extend(self, messages: Iterable[dict[str, Any]]) -> None:
        """Add several messages at the end; none of them if one is not valid."""
        self.messages.extend([_checked(message) for message in messages])

    def pop(self) -> dict[str, Any]:
        """Remove the last message and return it."""
        return self.messages.pop()

    def add_system_message(self, content: Any) -> None:
        """Add a message of the system."""
        self.append({"role": "system", "content": content})

    def add_user_message(self, content: Any) -> None:
        """Add a message of the user."""
        self.append({"role": "user", "content": content})

    def add_assistant_message(self, content: Any) -> None:
        """Add a message of the assistant."""
        self.append({"role": "assistant", "content": content})

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.messages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chat) and self.messages == other.messages

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Chat({self.messages!r})"

    def __str__(self) -> str:
        return "\n".join(f"{message['role']}: {message.get('content')}" for message in self.messages)


def _checked(message: Any) -> dict[str, Any]:
    if not isinstance(message, dict):
        raise TypeError(f'a message is a dict such as {{"role": "user", "content": "..."}}, not {message!r}')
    role = message.get("role")
    if role is None:
        raise ValueError(f"the message {message!r} has no role: add one of {', '.join(sorted(_ROLES))}")
    if not isinstance(role, str):
        raise TypeError(f"the role of a message is a str, not {role!r}")
    if role not in _ROLES:
        raise ValueError(f"unknown role {role!r}: expected one of {', '.join(sorted(_ROLES))}")
    if message.get("content") is None and not message.get("tool_calls"):
        raise ValueError(f"the message {message!r} has no content")
    return dict(message)


class Media(ABC):
    """What is not text in a prompt: the base of `Image`, `Audio` and `Video`.

    Attributes:
        kind: "image", "audio" or "video".
        url: where it lies, for vLLM to fetch as its own settings (`allowed_media_domains`,
            `allowed_local_media_path`) allow; None for what is here.
    """

    kind = "media"
    url: str | None = None

    def part(self) -> dict[str, Any]:
        """It as a part of a message in vLLM's form."""
        return self._part_of(self.url) if self.url else self._part_here()

    def _part_of(self, url: str) -> dict[str, Any]:
        name = f"{self.kind}_url"
        return {"type": name, name: {"url": url}}

    @abstractmethod
    def _part_here(self) -> dict[str, Any]:
        """The part for what has no URL of its own."""


class Image(Media):
    """An image.

    Args:
        source: a PIL image, the path of a file, its bytes, or a URL.

    Raises:
        TypeError: it is none of these.
        FileNotFoundError: there is no such file.
        ValueError: it is no image.
    """

    kind = "image"

    def __init__(self, source: Any) -> None:
        import PIL.Image

        self.image: Any = None
        if isinstance(source, PIL.Image.Image):
            self.image = source
            return
        self.url, data, _ = _read("an image", source, "a PIL image")
        if self.url is None:
            try:
                self.image = PIL.Image.open(io.BytesIO(data))
                self.image.load()
            except OSError as error:
                raise ValueError(f"this is no image that PIL can read: {error}") from error

    def _part_here(self) -> dict[str, Any]:
        return {"type": "image_pil", "image_pil": self.image}


class Audio(Media):
    """A sound.

    Args:
        source: the path of a file, its bytes, a URL, or a pair of samples (an array of shape (samples,), of floats
            between -1 and 1) and their rate in Hz.

    Raises:
        TypeError: it is none of these.
        FileNotFoundError: there is no such file.
    """

    kind = "audio"

    def __init__(self, source: Any) -> None:
        import numpy as np

        self._data, self._type = b"", "audio/wav"
        if isinstance(source, tuple):
            if len(source) != 2 or np.ndim(source[0]) != 1:
                raise TypeError("audio as a pair is (samples, rate): an array of shape (samples,), and Hz")
            self._data = _wav(np.asarray(source[0], dtype="<f4"), int(source[1]))
            return
        self.url, self._data, self._type = _read("audio", source, "a pair (samples, rate)", self._type)

    def _part_here(self) -> dict[str, Any]:
        return self._part_of(f"data:{self._type};base64,{base64.b64encode(self._data).decode()}")


class Video(Media):
    """A video.

    Args:
        source: the path of a file, its bytes, a URL, or frames: an array of uint8 of shape (frames, height, width, 3),
            or a sequence of PIL images.

    Raises:
        TypeError: it is none of these.
        FileNotFoundError: there is no such file.
    """

    kind = "video"

    def __init__(self, source: Any) -> None:
        import numpy as np

        self._data, self._type = b"", "video/mp4"
        self._frames: list[Any] = []
        if isinstance(source, np.ndarray) or (isinstance(source, Sequence) and not isinstance(source, (str, bytes))):
            self._frames = _frames(source)
            return
        self.url, self._data, self._type = _read("a video", source, "frames", self._type)

    def _part_here(self) -> dict[str, Any]:
        if not self._frames:
            return self._part_of(f"data:{self._type};base64,{base64.b64encode(self._data).decode()}")
        # vLLM's form for single frames; what each of them is, is read from itself.
        written = []
        for frame in self._frames:
            buffer = io.BytesIO()
            frame.save(buffer, "PNG")
            written.append(base64.b64encode(buffer.getvalue()).decode())
        return self._part_of(f"data:video/jpeg;base64,{','.join(written)}")


def _read(name: str, source: Any, other: str, default: str = "") -> tuple[str | None, bytes, str]:
    """A URL, or the bytes of a file and their MIME type."""
    if isinstance(source, (bytes, bytearray)):
        return None, bytes(source), default
    if isinstance(source, str) and urlsplit(source).scheme in ("http", "https", "data", "file"):
        return source, b"", default
    if isinstance(source, (str, Path)):
        return None, Path(source).read_bytes(), mimetypes.guess_type(str(source))[0] or default
    raise TypeError(f"{name} is a path, bytes, a URL or {other}, not {type(source).__name__}")


def _frames(source: Any) -> list[Any]:
    import numpy as np
    import PIL.Image

    frames = [
        frame if isinstance(frame, PIL.Image.Image) else PIL.Image.fromarray(np.asarray(frame)) for frame in source
    ]
    if not frames or len({frame.size for frame in frames}) > 1:
        raise ValueError("the frames of a video are at least one, all of one size")
    return frames


def _wav(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    """A RIFF file of one channel of 32-bit floats (format 3)."""
    data = samples.tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, 4 * rate, 4, 32)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks
