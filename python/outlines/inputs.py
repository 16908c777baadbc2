"""Inputs other than a plain string: conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


class Chat:
    """A conversation: messages in the form of OpenAI's chat API, `{"role": ..., "content": ...}`.

    Further keys of a message (`name`, `tool_calls`, `tool_call_id`, ...) are kept and reach the model's chat template.
    If the last message is the assistant's, the model continues it.

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
