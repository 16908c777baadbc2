"""Conversations."""

import pytest

from outlines.inputs import Chat

SYSTEM, USER = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}


def test_messages_are_kept_in_order_with_all_their_keys():
    tool = {"role": "tool", "content": "4", "tool_call_id": "1", "name": "add"}
    chat = Chat([SYSTEM])
    chat.add_user_message("Hello")
    chat.add_assistant_message("Hi")
    chat.append(tool)
    assert chat.messages == [SYSTEM, USER, {"role": "assistant", "content": "Hi"}, tool]
    assert chat.pop() == tool
    assert (len(chat), list(chat)[-1]["role"]) == (3, "assistant")


def test_the_messages_are_copies():
    given = [dict(USER)]
    chat = Chat(given)
    given[0]["content"] = "changed"
    given.append(SYSTEM)
    assert chat.messages == [USER]


def test_a_call_of_a_tool_needs_no_content():
    Chat([{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}])


@pytest.mark.parametrize(
    ("messages", "error", "message"),
    [
        ("Hello", TypeError, "a list of messages, not str"),
        (USER, TypeError, "a list of messages, not dict"),
        (["Hello"], TypeError, "a message is a dict"),
        ([{"content": "Hello"}], ValueError, "has no role"),
        ([{"role": 1, "content": "Hello"}], TypeError, "role of a message is a str"),
        ([{"role": "robot", "content": "Hello"}], ValueError, "unknown role 'robot'"),
        ([{"role": "user"}], ValueError, "has no content"),
    ],
)
def test_what_is_no_conversation_is_refused(messages, error, message):
    with pytest.raises(error, match=message):
        Chat(messages)
    chat = Chat([SYSTEM])
    if isinstance(messages, list):
        with pytest.raises(error, match=message):
            chat.extend([USER, *messages])
        assert chat.messages == [SYSTEM]
