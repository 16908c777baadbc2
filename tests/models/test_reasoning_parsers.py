"""Every reasoning parser of vLLM's, by its own class: what we take it to say, and what it does, token by token.

For those whose tags we use, thinking ends at the same token for the parser and for our guide. The tokenizer is the demo
model's, with the tokens that the parsers look for.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from demo import MODEL, use_demo_environment
from outlines.guide import Vocabulary
from outlines.models.reasoning_parser import ReasoningParser, examine
from outlines.models.thinking import _TAGS, ThinkingTags, _tags_of_tokenizer
from outlines.plugin.thinking import EndMarker

use_demo_environment()

# Where the answer may come without thinking, unless that is opened.
OPTIONAL = {"gemma4", "minimax_m3"}
# No thinking, until keywords of the chat template that only vLLM's server hands on say so.
NONE = {"deepseek_v3", "hy_v3", "mistral", "openai_gptoss", "poolside_v1"}
# What ends the thinking is not said, or is not what is said.
SILENT = {"granite", "hunyuan_a13b", "inkling", "minimax_m2_append_think", "muse_glimmer"}
# Needs a tokenizer with data of its own.
NOT_TRIED = {"hf"}
# Whose tags are text, or any that look like tags, whichever the vocabulary gives first.
OWN_TAGS = {"olmo3": [], "hy_v4": ["<think:6124c78e>", "</think:6124c78e>"]}


def parsers() -> list[str]:
    from vllm.reasoning import ReasoningParserManager

    return sorted(set(ReasoningParserManager.list_registered()) - NOT_TRIED)


def make_tokenizer(tags: list[str]) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.add_tokens(tags, special_tokens=True)
    return tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """With all that looks like a tag in vLLM's parsers."""
    import vllm

    root = Path(vllm.__file__).parent
    source = "".join(
        path.read_text()
        for folder in ("reasoning", "parser", "tool_parsers")
        for path in root.glob(f"{folder}/**/*.py")
    )
    tags = set(re.findall(r"""["'](<[^\s"'<>{}]{2,40}>|\[/?[A-Z_]{3,20}\])["']""", source))
    return make_tokenizer(sorted(tags | {"<think:opensource>", "</think:opensource>"}))


def kind_of(name: str) -> Any:
    from vllm.reasoning import ReasoningParserManager

    return ReasoningParserManager.get_reasoning_parser(name)


def examined(name: str, tokenizer: Any) -> ReasoningParser:
    return examine(name, lambda: kind_of(name)(tokenizer), tokenizer)


@pytest.mark.parametrize("name", parsers())
def test_thinking_ends_where_the_parser_says(name: str, tokenizer: Any) -> None:
    if name in OWN_TAGS:
        tokenizer = make_tokenizer(OWN_TAGS[name])
    found = examined(name, tokenizer)
    assert found.waits == (name not in OPTIONAL | NONE)
    assert (found.tags is None) == (name in NONE | SILENT)
    if found.tags is None:
        return
    start, end = found.tags

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False))

    marker = EndMarker(end, Vocabulary.from_tokenizer(tokenizer, len(tokenizer)), tokenizer)
    prompt, thinking = encode("user: Hello\n"), encode("I think that < or </ or ] is. So")
    output = [*encode(start), *thinking, *encode(end), *encode('{"a": 1}')]
    parser, state = kind_of(name)(tokenizer), 0
    for position, token in enumerate(output):
        by_parser = parser.is_reasoning_end_streaming([*prompt, *output[: position + 1]], [token])
        after = marker.after(state, token)
        assert by_parser == (after == marker.length), (position, tokenizer.decode(output[: position + 1]))
        if by_parser:
            assert output[position + 1 :] == encode('{"a": 1}')
            break
        assert after is not None
        state = after
    else:
        raise AssertionError("the thinking did not end")
    # What a chat template may write at the end of the prompt.
    tags = ThinkingTags(start, end, of_parser=True, if_opened=not found.waits)
    for written, over in ((start + end, True), (start, False), (start + "\n" + end + "\n\n", True)):
        assert tags.is_over(tokenizer.decode([*prompt, *encode(written)])) == over
        if name != "olmo3":  # it knows the tag by some of the tokens that may spell it
            assert bool(kind_of(name)(tokenizer).is_reasoning_end([*prompt, *encode(written)])) == over


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_an_answer_without_thinking(name: str, tokenizer: Any) -> None:
    found = examined(name, tokenizer)
    assert found.tags is not None
    assert not found.waits
    tags = ThinkingTags(*found.tags, if_opened=True)
    assert tags.is_over("user: Hello\nmodel:")
    assert not tags.is_over(f"user: Hello\nmodel: {tags.start}thought\n")
    assert tags.split("Yes", "model:") == ("", "Yes")
    assert tags.split(f"Hm.{tags.end}Yes", f"model:{tags.start}") == ("Hm.", "Yes")


@pytest.mark.parametrize(("token", "pair"), _TAGS.items())
def test_the_tags_of_a_tokenizer(token: str, pair: tuple[str, str]) -> None:
    class Llm:
        tokenizer = make_tokenizer([token])

        def get_tokenizer(self) -> Any:
            return self.tokenizer

    assert _tags_of_tokenizer(Llm()) == pair  # type: ignore[arg-type]
