"""The bytes of every token, against each tokenizer's own encoder and decoder."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from outlines.guide.tokenizers import TokenizerError, TokenTable, token_bytes

from . import tokenizer_zoo as zoo
from .tokenizer_zoo import Case

ROUNDS = 300


@pytest.fixture(params=zoo.all_cases(), ids=zoo.case_id, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param()
    return made


@pytest.fixture(scope="module")
def table(case: Case) -> TokenTable:
    return token_bytes(case.tokenizer)


def joined(table: TokenTable, ids: list[int]) -> bytes:
    tokens = [table.tokens[i] for i in ids]
    assert None not in tokens, [i for i in ids if table.tokens[i] is None]
    return b"".join(token for token in tokens if token is not None)


def test_encoding_gives_back_the_text(case: Case, table: TokenTable) -> None:
    rng = random.Random(case.name)
    known = set(table.tokens)

    def keep(character: str) -> bool:
        # SmolLM2 has no tokens for the rarest bytes; SentencePiece writes its mark for a space, so the mark never
        # comes out.
        marked = not case.replaces_like_python and character == zoo.MARK
        return not marked and all(bytes([byte]) in known for byte in character.encode())

    for _ in range(ROUNDS):
        text = zoo.random_text(rng, keep)
        if text:
            assert joined(table, case.encode(text)) == case.written(text).encode(), repr(text)


def test_decoding_agrees_on_random_tokens(case: Case, table: TokenTable) -> None:
    rng = random.Random(case.name)
    text_ids = [i for i, token in enumerate(table.tokens) if token is not None]
    partial = [i for i in text_ids if not is_utf8(table.tokens[i])]
    if not case.replaces_like_python:
        text_ids = sorted(set(text_ids) - set(partial))
    anchor = case.encode(case.anchor)
    before = case.decode(anchor)
    compared = 0
    for turn in range(ROUNDS):
        # Every third sequence is rich in parts of characters.
        pool = partial if turn % 3 == 0 else text_ids
        ids = rng.choices(pool, k=rng.randint(1, 4)) + rng.choices(text_ids, k=rng.randint(0, 6))
        rng.shuffle(ids)
        text = joined(table, ids)
        if is_utf8(text) or case.replaces_like_python:
            compared += 1
            assert case.decode(anchor + ids) == before + text.decode(errors="replace"), ids
    assert compared >= ROUNDS // 2


def test_characters_written_byte_by_byte(case: Case, table: TokenTable) -> None:
    by_byte = {token: i for i, token in enumerate(table.tokens) if token is not None and len(token) == 1}
    anchor = case.encode(case.anchor)
    before = case.decode(anchor)
    for text in ["é", "日本", "🎉 ok", "e\u0301", "x\ny"]:
        ids = [by_byte[bytes([byte])] for byte in text.encode()]
        assert joined(table, ids) == text.encode()
        assert case.decode(anchor + ids) == before + text


def test_every_token_alone(case: Case, table: TokenTable) -> None:
    """Each id of a small vocabulary, 5,000 of a large one."""
    anchor = case.encode(case.anchor)
    before = case.decode(anchor)
    text_ids = [i for i, token in enumerate(table.tokens) if token is not None]
    for i in random.Random(0).sample(text_ids, k=min(5000, len(text_ids))):
        token = table.tokens[i]
        assert token
        if is_utf8(token) or case.replaces_like_python:
            assert case.decode([*anchor, i]) == before + token.decode(errors="replace"), (i, token)


def test_what_is_text_and_what_ends_it(case: Case, table: TokenTable) -> None:
    assert table.size == len(table.tokens) == case.size
    assert table.eos == case.eos
    assert all(table.tokens[i] is None for i in table.eos)
    assert sum(token is not None for token in table.tokens) == case.text_ids
    assert all(token != b"" for token in table.tokens)


def is_utf8(token: bytes | None) -> bool:
    try:
        (token or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


class TestSize:
    def test_a_larger_model_vocabulary_is_padded(self) -> None:
        tokenizer = zoo.smollm2().tokenizer
        table = token_bytes(tokenizer, size=49280)
        assert table.size == len(table.tokens) == 49280
        assert table.tokens[49152:] == [None] * 128
        assert table.tokens[:49152] == token_bytes(tokenizer).tokens

    def test_ids_that_are_never_text_may_lie_beyond_the_model(self) -> None:
        tokenizer = zoo.deepseek().tokenizer
        table = token_bytes(tokenizer, size=128000)
        assert table.tokens == token_bytes(tokenizer).tokens[:128000]

    def test_text_may_not(self) -> None:
        with pytest.raises(TokenizerError, match=r"has 127000 ids, but .* id 127000"):
            token_bytes(zoo.deepseek().tokenizer, size=127000)

    def test_a_stop_id_may_not(self) -> None:
        with pytest.raises(TokenizerError, match=r"has 128000 ids, but .* id 128009"):
            token_bytes(zoo.llama3().tokenizer, size=128000)


class TestAddedTokens:
    """Only white space is text; a mark never is, special or not."""

    def bytes_of(self, tokenizer: Any, content: str) -> bytes | None:
        return token_bytes(tokenizer).tokens[tokenizer.convert_tokens_to_ids(content)]

    @pytest.mark.parametrize("sequence", [False, True])
    def test_byte_level(self, sequence: bool) -> None:
        tokenizer = zoo.trained_byte_level(sequence).tokenizer
        assert self.bytes_of(tokenizer, "   ") == b"   "
        assert self.bytes_of(tokenizer, "\n\n") == b"\n\n"
        assert self.bytes_of(tokenizer, "\t") == b"\t"
        for mark in ["ñandú", "<think>", "foo", "</s>", "<pad>"]:
            assert self.bytes_of(tokenizer, mark) is None

    @pytest.mark.parametrize(("name", "added"), [("LlamaTokenizerFast", 0), ("GemmaTokenizerFast", 2)])
    def test_sentencepiece_converted(self, name: str, added: int) -> None:
        tokenizer = zoo.converted(name, added).tokenizer
        assert self.bytes_of(tokenizer, zoo.MARK * 2) == b"  "
        assert self.bytes_of(tokenizer, "\n\n") == b"\n\n"
        for mark in ["<think>", "[INST]", "<s>", "</s>", "<unk>"]:
            assert self.bytes_of(tokenizer, mark) is None

    @pytest.mark.parametrize("kind", ["bpe", "unigram"])
    def test_user_defined_pieces(self, kind: str) -> None:
        model = zoo.processor(kind)
        tokens = token_bytes(model).tokens
        assert tokens[model.piece_to_id(zoo.MARK * 2)] == b"  "
        assert tokens[model.piece_to_id("\n\n")] == b"\n\n"
        assert tokens[model.piece_to_id("<think>")] is None
        assert tokens[model.piece_to_id("[INST]")] is None

    @pytest.mark.parametrize("mark", ["<think>", f"<{zoo.BAR}User{zoo.BAR}>", f"{zoo.BAR}DSML{zoo.BAR}"])
    def test_deepseek(self, mark: str) -> None:
        tokenizer = zoo.deepseek().tokenizer
        assert not tokenizer.backend_tokenizer.get_added_tokens_decoder()[tokenizer.convert_tokens_to_ids(mark)].special
        assert self.bytes_of(tokenizer, mark) is None

    def test_added_after_loading(self) -> None:
        tokenizer = copy.deepcopy(zoo.smollm2().tokenizer)
        tokenizer.add_tokens(["<tool_call>", "    \n"])
        tokenizer.add_special_tokens({"additional_special_tokens": ["   "]})
        assert self.bytes_of(tokenizer, "<tool_call>") is None
        assert self.bytes_of(tokenizer, "    \n") == b"    \n"
        assert self.bytes_of(tokenizer, "   ") is None

    def test_an_ordinary_token_made_special(self) -> None:
        tokenizer = copy.deepcopy(zoo.smollm2().tokenizer)
        assert self.bytes_of(tokenizer, "!") == b"!"
        tokenizer.pad_token = "!"
        assert self.bytes_of(tokenizer, "!") is None

    def test_slow(self) -> None:
        tokenizer = copy.deepcopy(zoo.qwen_slow().tokenizer)
        assert token_bytes(tokenizer).tokens[151644] is None  # <|im_start|>, special in the encoding
        tokenizer._added_tokens_decoder = {151900: added("<tool_call>"), 151901: added(" \n")}
        table = token_bytes(tokenizer)
        assert (table.size, table.tokens[151900], table.tokens[151901]) == (151902, None, b" \n")


def added(content: str) -> Any:
    from tokenizers import AddedToken

    return AddedToken(content, special=False)


class TestWrappers:
    def test_vllm_proxy_and_thread_pool(self) -> None:
        from vllm.tokenizers import hf

        tokenizer = zoo.smollm2().tokenizer
        expected = token_bytes(tokenizer)
        assert token_bytes(hf.get_cached_tokenizer(copy.deepcopy(tokenizer))) == expected
        make_pool = getattr(hf, "maybe_make_thread_pool", None)  # vLLM has had it since 0.19
        if make_pool is not None:
            assert token_bytes(make_pool(copy.deepcopy(tokenizer))) == expected

    @pytest.mark.parametrize("file", ["tekken_240911.json", "mistral_instruct_tokenizer_240323.model.v3"])
    def test_mistral(self, file: str) -> None:
        from transformers.tokenization_mistral_common import MistralCommonBackend
        from vllm.tokenizers.mistral import MistralTokenizer

        path = str(zoo.package_folder("mistral_common") / "data" / file)
        wrapped = MistralCommonBackend(path)
        expected = token_bytes(wrapped.tokenizer)
        assert token_bytes(wrapped) == expected
        assert token_bytes(wrapped.tokenizer.instruct_tokenizer.tokenizer) == expected

        by_vllm = MistralTokenizer(wrapped)
        assert token_bytes(by_vllm) == expected
        rng = random.Random(file)
        for _ in range(50):
            text = zoo.random_text(rng, lambda character: character != zoo.MARK)
            ids = by_vllm.encode(text, add_special_tokens=False)
            assert joined(expected, ids).decode().removeprefix(" " if "model" in file else "") == text

    def test_tekken_by_its_public_method(self) -> None:
        tekken = zoo.mistral("tekken_240911.json", 130072, 131072).tokenizer.instruct_tokenizer.tokenizer
        without = copy.copy(tekken)
        del without._tekken_token2id_nospecial
        assert token_bytes(without) == token_bytes(tekken)

    def test_bare_tokenizers_object_knows_no_stop_id(self) -> None:
        tokenizer = zoo.smollm2().tokenizer
        expected = token_bytes(tokenizer)
        assert token_bytes(tokenizer.backend_tokenizer) == TokenTable(expected.tokens, [], expected.size)

    def test_slow_byte_level(self, tmp_path: Any) -> None:
        """Slow tokenizers that hold GPT-2's byte alphabet have bytes where the fast ones do."""
        from transformers import ClvpTokenizer

        fast = zoo.trained_byte_level(False).tokenizer
        fast.backend_tokenizer.model.save(str(tmp_path))
        slow = ClvpTokenizer(
            str(tmp_path / "vocab.json"),
            str(tmp_path / "merges.txt"),
            unk_token="</s>",
            eos_token="</s>",
            pad_token=None,
        )
        table = token_bytes(slow)
        expected = token_bytes(fast)
        learned = fast.backend_tokenizer.get_vocab_size(with_added_tokens=False)
        assert table.tokens[:learned] == expected.tokens[:learned]
        assert table.eos == [0]

    def test_several_stop_ids(self) -> None:
        class Several(type(zoo.smollm2().tokenizer)):  # type: ignore[misc]
            eos_token_id = (2, 0)

        tokenizer = copy.copy(zoo.smollm2().tokenizer)
        tokenizer.__class__ = Several
        assert token_bytes(tokenizer).eos == [0, 2]


def word_tokenizer(decoder: Any, vocabulary: list[str]) -> Any:
    from tokenizers import Tokenizer, models

    backend = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    if decoder is not None:
        backend.decoder = decoder
    return backend


class TestDecoders:
    """Pipelines that none of the real vocabularies has. The oracle is the pipeline itself, after a token of text."""

    WORDS = ("x", "hello", "##ing", "#", ".", ",", "n't", "'s", "do", "end</w>", "a</w>b", "▁the", "▁▁", " y ", "__z_", "<0x41>", "<0xE9>", "é", "Ġé", "<0xZZ>")  # fmt: skip # noqa: E501

    @pytest.mark.parametrize(
        "make",
        [
            lambda d: None,
            lambda d: d.WordPiece(),
            lambda d: d.WordPiece(prefix="#", cleanup=False),
            lambda d: d.BPEDecoder(),
            lambda d: d.Metaspace(),
            lambda d: d.Metaspace(replacement="_", prepend_scheme="never"),
            lambda d: d.Replace("e", "33"),
            lambda d: d.Strip("_", 1, 0),
            lambda d: d.Strip("_", 2, 2),
            lambda d: d.ByteFallback(),
            lambda d: d.ByteLevel(),
            lambda d: d.Fuse(),
            lambda d: d.Sequence([d.Sequence([d.Replace("▁", " "), d.ByteFallback()]), d.Fuse(), d.Strip(" ", 1, 0)]),
            lambda d: d.Sequence([d.ByteFallback(), d.Metaspace()]),
            lambda d: d.Sequence([d.Fuse(), d.Replace("▁", " ")]),
        ],
    )
    def test_pipeline(self, make: Callable[[Any], Any]) -> None:
        from tokenizers import decoders

        backend = word_tokenizer(make(decoders), list(self.WORDS))
        # Between two others, because some decoders treat the first and the last piece in their own way.
        before = backend.decode([0])
        after = backend.decode([0, 0]).removeprefix(before)
        for i, token in enumerate(token_bytes(backend).tokens):
            text = (token or b"").decode(errors="replace")
            assert backend.decode([0, i, 0]) == before + text + after, self.WORDS[i]

    @pytest.mark.parametrize(
        "make",
        [
            lambda d: d.CTC(),
            lambda d: d.Sequence([d.Fuse(), d.WordPiece()]),
            lambda d: d.Sequence([d.Fuse(), d.ByteLevel()]),
            lambda d: d.Sequence([d.ByteFallback(), d.ByteLevel()]),
            lambda d: d.Sequence([d.Fuse(), d.Replace("ab", "c")]),
            lambda d: d.Sequence([d.ByteFallback(), d.Strip("A", 1, 0)]),
            lambda d: d.Sequence([d.ByteLevel(), d.Replace("▁", " ")]),
        ],
    )
    def test_refused(self, make: Callable[[Any], Any]) -> None:
        from tokenizers import decoders

        with pytest.raises(TokenizerError, match="cannot be told"):
            token_bytes(word_tokenizer(make(decoders), list(self.WORDS)))

    def test_regular_expression_refused(self) -> None:
        from tokenizers import Regex, decoders

        with pytest.raises(TokenizerError, match="regular expression"):
            token_bytes(word_tokenizer(decoders.Replace(Regex("a+"), "b"), list(self.WORDS)))

    def test_python_decoder_refused(self) -> None:
        from tokenizers import decoders

        class Reverse:
            def decode_chain(self, tokens: list[str]) -> list[str]:
                return tokens[::-1]

        with pytest.raises(TokenizerError, match="not one of the `tokenizers` library's own"):
            token_bytes(word_tokenizer(decoders.Decoder.custom(Reverse()), list(self.WORDS)))


def test_gaps_and_empty_pieces_are_never_text() -> None:
    from tokenizers import Tokenizer, decoders, models

    backend = Tokenizer(models.BPE(vocab={"a": 0, "b": 3, "": 5, "Ċ": 9}, merges=[]))
    backend.decoder = decoders.ByteLevel()
    table = token_bytes(backend)
    assert table.tokens == [b"a", None, None, b"b", None, None, None, None, None, b"\n"]


@pytest.mark.parametrize("private", [True, False])
def test_an_encoding_with_gaps_and_without_its_table(private: bool) -> None:
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 257, b"<end>": 300}
    encoding = tiktoken.Encoding("tiny", pat_str=".", mergeable_ranks=ranks, special_tokens={"<|end|>": 259})
    if not private:
        del encoding._mergeable_ranks
    expected: list[bytes | None] = [None] * 301
    for text, i in ranks.items():
        expected[i] = text
    assert token_bytes(encoding).tokens == expected


def test_byte_zero_and_raw_characters() -> None:
    """A piece with one character outside the byte alphabet is its own UTF-8, as the library has it."""
    from tokenizers import decoders

    pieces = ["Ā", "aĀb", "\0", "Ā\0", "日本", "a b", "Ġé", "Ġ日"]
    backend = word_tokenizer(decoders.ByteLevel(), pieces)
    table = token_bytes(backend)
    assert [(token or b"").decode(errors="replace") for token in table.tokens] == [
        backend.decode([i]) for i in range(8)
    ]
    assert table.tokens[:3] == [b"\0", b"a\0b", b"\0"]


@pytest.mark.parametrize("value", [None, "gpt2", 7, object(), {"a": 1}, [b"a"]])
def test_not_a_tokenizer(value: object) -> None:
    with pytest.raises(TokenizerError, match="is not a tokenizer whose bytes can be told"):
        token_bytes(value)


def test_slow_tokenizer_of_unknown_kind(tmp_path: Any) -> None:
    from transformers import ByT5Tokenizer

    with pytest.raises(TokenizerError, match=r"ByT5Tokenizer is a slow tokenizer .* Use the model's fast tokenizer"):
        token_bytes(ByT5Tokenizer())
