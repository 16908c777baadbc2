"""Write the Llama-3 tokenizer (128,256 tokens) as a tokenizer folder; its vocabulary is in the package llama-models.

The file holds the ordinary tokens in tiktoken's format; the split pattern and the special tokens are facts of the
model that it does not hold. transformers converts the whole.
"""

import importlib.util
from pathlib import Path

from atomic_folder import atomic_folder
from demo import LLAMA3_TOKENIZER, use_demo_environment

SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL_TOKENS = 256


def special_tokens() -> list[str]:
    """The special tokens in the order of their ids: five with a meaning, at their places among the reserved ones."""
    meaning = {
        0: "<|begin_of_text|>",
        1: "<|end_of_text|>",
        6: "<|start_header_id|>",
        7: "<|end_header_id|>",
        9: "<|eot_id|>",
    }
    reserved = (f"<|reserved_special_token_{i}|>" for i in range(SPECIAL_TOKENS - len(meaning)))
    return [meaning[i] if i in meaning else next(reserved) for i in range(SPECIAL_TOKENS)]


def write_tokenizer(folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast
    from transformers.convert_slow_tokenizer import TikTokenConverter

    package = importlib.util.find_spec("llama_models")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the package llama-models is not installed: run `make setup`")
    vocabulary = Path(package.submodule_search_locations[0]) / "llama3" / "tokenizer.model"
    converter = TikTokenConverter(
        vocab_file=str(vocabulary), pattern=SPLIT_PATTERN, extra_special_tokens=special_tokens()
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=converter.converted(),
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        pad_token="<|eot_id|>",
    )
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    use_demo_environment()
    with atomic_folder(LLAMA3_TOKENIZER) as unfinished:
        write_tokenizer(unfinished)
