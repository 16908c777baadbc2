"""What can be known of the reasoning parser that an `LLM` was built with: vLLM's own word on where thinking ends.

A parser is a class of its own for each family of models. It may name the texts around the thinking, but what it does
need not be that: so it is shown a short thinking between them, and taken at its word only if it agrees.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from outlines.models.request import Engine

# Text that no parser gives a meaning to.
_ORDINARY = "Well."


@dataclass(frozen=True)
class ReasoningParser:
    """A reasoning parser of vLLM's, with one tokenizer.

    Attributes:
        name: as it was given to the `LLM`.
        tags: the texts before and after the thinking, the first may be empty; None if it does not say, or if thinking
            is not over for it after the second.
        waits: whether an output is thinking until it says otherwise. If not, it is the answer, unless the prompt or
            the output opens the thinking.
    """

    name: str
    tags: tuple[str, str] | None
    waits: bool


def examine(name: str, make: Callable[[], Any], tokenizer: Any) -> ReasoningParser:
    """Find out about a parser.

    Args:
        name: its name.
        make: makes a new one: they may remember what they were asked.
        tokenizer: the model's.
    """

    def over(tokens: list[int]) -> bool:
        return bool(make().is_reasoning_end_streaming(tokens, tokens[-1:]))

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False))

    def spelled(tag: str) -> list[int]:
        # Some tokenizers read names of special tokens as plain text.
        token = vocabulary.get(tag)
        return encode(tag) if token is None else [token]

    vocabulary = tokenizer.get_vocab()
    ordinary = encode(_ORDINARY)
    tags = _said(make())
    if tags is not None:
        thinking = spelled(tags[0]) + ordinary
        if over(thinking) or not over(thinking + spelled(tags[1])):
            tags = None
    return ReasoningParser(name, tags, waits=not (make().is_reasoning_end([]) or over(ordinary)))


def _said(parser: Any) -> tuple[str, str] | None:
    # In older versions of vLLM some parsers have the second names only.
    for start_name, end_name in (("reasoning_start_str", "reasoning_end_str"), ("start_token", "end_token")):
        end = getattr(parser, end_name, None)
        if isinstance(end, str) and end:
            start = getattr(parser, start_name, None)
            return (start if isinstance(start, str) else ""), end
    return None


_examined: WeakKeyDictionary[Any, ReasoningParser | None] = WeakKeyDictionary()
_examined_lock = threading.Lock()


def reasoning_parser_of(engine: Engine) -> ReasoningParser | None:
    """The reasoning parser that the `LLM` was built with; None where it has none. Found out once."""
    llm = engine.llm
    with _examined_lock:
        with contextlib.suppress(KeyError):
            return _examined[llm]
        config = getattr(llm.llm_engine.vllm_config, "structured_outputs_config", None)
        name = getattr(config, "reasoning_parser", None) or None
        found = None
        if name is not None:
            from vllm.reasoning import ReasoningParserManager

            tokenizer = llm.get_tokenizer()
            kind = ReasoningParserManager.get_reasoning_parser(name)
            with engine.tokenizer_lock:
                found = examine(name, lambda: kind(tokenizer), tokenizer)
        _examined[llm] = found
        return found
