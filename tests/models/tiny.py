"""What the small multimodal models have in common: the demo model's tokenizer and a text part of two layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demo import MODEL, use_demo_environment

use_demo_environment()


def tokenizer_with(special: list[str], template: str) -> Any:
    """The demo model's tokenizer, with some special tokens and another chat template."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.add_tokens(special, special_tokens=True)
    tokenizer.chat_template = template
    return tokenizer


def text_sizes(tokenizer: Any, positions: int) -> dict[str, Any]:
    """The configuration of the text part, by the names of Llama's and Qwen2's."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": positions,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def save(folder: Path, kind: Any, config: Any, processor: Any, tokenizer: Any) -> Path:
    """Write a model of a class and configuration, of random weights, as `from_pretrained` and vLLM read it."""
    import torch

    torch.manual_seed(0)
    model = kind(config)
    for weights in model.parameters():
        # Larger than they are made, so that what is perceived shows in the output.
        weights.data.mul_(4 if weights.dim() > 1 else 1)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
