"""The official test suite, as generation sees it: each instance as a text, byte by byte and token by token.

`suite_failures.json` is a ratchet. It names each case that comes out wrong, with the reason; every other one must come
out right, and one that is named but right must be taken off the list.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo import LLAMA3_TOKENIZER
from outlines.guide import ConstraintError, Guide, Index, JsonSchemaError, Vocabulary

from .suite import FOLDERS, SUITE, Group, files, groups, registry

FAILURES: dict[str, str] = json.loads(Path(__file__).with_name("suite_failures.json").read_text(encoding="utf-8"))

pytestmark = [
    pytest.mark.skipif(SUITE is None, reason=f"the test suite is at none of {', '.join(map(str, FOLDERS))}"),
    pytest.mark.tokenizers,
]


class Tokens:
    """A real vocabulary, and texts cut into its tokens."""

    def __init__(self) -> None:
        from transformers import AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(LLAMA3_TOKENIZER)
        self.vocabulary = Vocabulary.from_tokenizer(self._tokenizer, len(self._tokenizer))
        self._row = np.zeros((self.vocabulary.size + 31) // 32, dtype=np.int32)

    def accept(self, index: Index, text: str) -> bool:
        """Whether each token of the text is in the mask and taken, and a stop token after them."""
        guide = Guide(index)
        for token in [*self._tokenizer.encode(text, add_special_tokens=False), index.vocabulary.eos[0]]:
            guide.fill_bitmask(self._row)
            allowed = bool(self._row[token // 32] >> (token % 32) & 1)
            assert guide.advance(token) == allowed, (text, token)
            if not allowed:
                return False
        return True


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens()


def compiled(group: Group, file: str, documents: dict[str, Any], vocabulary: Vocabulary) -> Index | None:
    """The index; `None` for a schema that no value satisfies."""
    try:
        return Index.from_json_schema(
            group.schema,
            vocabulary,
            property_order="any",
            # The required cases take `format` for an annotation, which it is by default since draft 2019-09.
            ignore_formats=file.partition("/")[2] == "format",
            registry=documents,
        )
    except JsonSchemaError as error:
        if "allows no value" in str(error):
            return None
        raise


def is_walked(file: str) -> bool:
    """Whether a file's texts are also read token by token: formats, which are the same in every draft, in one."""
    return file.startswith("draft2020-12/") or "/optional/format/" not in file


def wrong(group: Group, file: str, documents: dict[str, Any], tokens: Tokens) -> dict[str, str]:
    """The cases of a group that come out wrong, each with what happened."""
    names = {f"{file}: {group.name}: {name}": (text, valid) for name, text, valid in group.tests}
    try:
        index = compiled(group, file, documents, tokens.vocabulary)
    except ConstraintError as error:
        return dict.fromkeys(names, f"{type(error).__name__}: {error}")
    found = {}
    for name, (text, valid) in names.items():
        try:
            by_bytes = by_tokens = index is not None and index.accepts(text)
            if index is not None and is_walked(file):
                # Each text in Punycode takes some 10 MB for every token: one index cannot keep them all.
                alone = compiled(group, file, documents, tokens.vocabulary) if "xn--" in text else index
                by_tokens = alone is not None and tokens.accept(alone, text)
        except ConstraintError as error:
            found[name] = f"{type(error).__name__}: {error}"
            continue
        assert by_bytes == by_tokens, (name, text)
        if by_bytes != valid:
            found[name] = f"{text[:200]} is {'accepted' if by_bytes else 'refused'}"
    return found


@pytest.mark.parametrize("file", files())
def test_file(file: str, tokens: Tokens) -> None:
    documents = registry(file.partition("/")[0])
    found: dict[str, str] = {}
    for group in groups(file):
        found |= wrong(group, file, documents, tokens)
    listed = {name for name in FAILURES if name.startswith(f"{file}: ")}
    lines = [f"{name}: {happened}" for name, happened in found.items() if name not in listed]
    lines += [f"{name}: right now, so take it off suite_failures.json" for name in sorted(listed - set(found))]
    assert not lines, "\n".join(lines)


def test_the_list_of_failures_is_short() -> None:
    assert len(FAILURES) <= 10
    assert all(FAILURES.values()), "each needs its reason"
