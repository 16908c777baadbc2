"""Thinking, as the caller asks for it and gets it back: which tags, and where a text is split.

The engine's side, which finds the end of thinking token by token, is `outlines.plugin.thinking`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlines.models.reasoning_parser import reasoning_parser_of

if TYPE_CHECKING:
    from vllm import LLM

    from outlines.models.request import Engine

# The tags of the models that are known, by a token that only their vocabularies have; the first pair also where a
# tokenizer has none of them.
_TAGS = {
    "</think>": ("<think>", "</think>"),
    "[/THINK]": ("[THINK]", "[/THINK]"),
    "</seed:think>": ("<seed:think>", "</seed:think>"),
    "</reasoning>": ("<reasoning>", "</reasoning>"),
    "<channel|>": ("<|channel>", "<channel|>"),
    "<|END_THINKING|>": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "<|channel|>": ("<|channel|>analysis<|message|>", "<|start|>assistant<|channel|>final<|message|>"),
}


@dataclass(frozen=True)
class ThinkingTags:
    """What stands around the thinking of one request, and how long it may be.

    Attributes:
        start: written by the model or by the chat template; not part of the thinking's text. May be empty.
        end: what ends it.
        budget: how many tokens may come before the end is forced; None for no limit.
        of_parser: the tags are those of the `LLM`'s reasoning parser, with which vLLM finds the end of thinking for its
            own backends.
        if_opened: there is thinking only where the prompt ends within it.
    """

    start: str
    end: str
    budget: int | None = None
    of_parser: bool = False
    if_opened: bool = False

    def split(self, text: str, prompt_end: str) -> tuple[str, str | None]:
        """The thinking and the answer in an output; None for the answer if it was cut off while thinking.

        Args:
            text: the whole output.
            prompt_end: the end of the prompt, as text: some templates write an empty thinking into it.
        """
        if self.is_over(prompt_end):
            return "", text
        thinking, end, answer = text.partition(self.end)
        opened = thinking.lstrip()
        if self.start and opened.startswith(self.start):
            thinking = opened[len(self.start) :]
        return thinking.strip("\n"), answer if end else None

    def is_over(self, prompt_end: str) -> bool:
        """Whether the output begins with the answer."""
        if self.if_opened and prompt_end.rfind(self.start) <= prompt_end.rfind(self.end):
            return True
        return prompt_end.rstrip().endswith(self.end)


def tags_for(engine: Engine, given: Any, budget: int | None) -> ThinkingTags | None:
    """The tags of a request, or None if it does not think.

    Args:
        engine: where it will run.
        given: the caller's `thinking`: True, False, a pair of texts, or None, which leaves it to the reasoning parser
            of the `LLM` and is False where it has none.
        budget: the caller's `thinking_budget`.

    Raises:
        TypeError: `given` is none of these.
        ValueError: a budget is given and thinking is not.
    """
    if isinstance(given, (tuple, list)):
        if len(given) != 2 or not all(isinstance(tag, str) and tag for tag in given):
            raise ValueError(f"thinking as tags is a pair of texts such as ('<think>', '</think>'), not {given!r}")
        return ThinkingTags(given[0], given[1], budget)
    if not (given is None or isinstance(given, bool)):
        raise TypeError(f"thinking is True, False or the pair of tags around it, not {type(given).__name__}")
    parser = None if given is False else reasoning_parser_of(engine)
    of_parser = None if parser is None else parser.tags
    if not given and of_parser is None:
        if budget is not None:
            raise ValueError("thinking_budget limits the thinking: give thinking=True too")
        return None
    start, end = of_parser or _tags_of_tokenizer(engine.llm)
    if_opened = given is None and parser is not None and not parser.waits and bool(start)
    return ThinkingTags(start, end, budget, of_parser is not None, if_opened)


def refuse_unknown_end(engine: Engine) -> None:
    """Refuse a reasoning parser that waits for the end of thinking and does not say which text that is.

    Thinking and answer would come as one text then, which is not of the output type.

    Raises:
        ValueError: it is one.
    """
    parser = reasoning_parser_of(engine)
    if parser is not None and parser.tags is None and parser.waits:
        raise ValueError(
            f"the reasoning parser {parser.name!r} of this LLM does not say which text ends the thinking, so the "
            "output cannot be told from it: give the texts around it, thinking=('...', '...'), or thinking=False"
        )


def _tags_of_tokenizer(llm: LLM) -> tuple[str, str]:
    vocabulary = llm.get_tokenizer().get_vocab()
    return next((pair for token, pair in _TAGS.items() if token in vocabulary), _TAGS["</think>"])


class ThinkingFilter:
    """Splits a text that comes in pieces: it lets the answer through, which begins after the end of thinking."""

    def __init__(self, tags: ThinkingTags, prompt_end: str) -> None:
        self._end = tags.end
        self._over = tags.is_over(prompt_end)
        self._text = ""

    def feed(self, piece: str) -> str:
        """The part of this piece that belongs to the answer."""
        if self._over:
            return piece
        before = len(self._text)
        self._text += piece
        # The marker may have begun in an earlier piece.
        found = self._text.find(self._end, max(0, before - len(self._end) + 1))
        if found < 0:
            return ""
        self._over = True
        answer = self._text[found + len(self._end) :]
        self._text = ""
        return answer
