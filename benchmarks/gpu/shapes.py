"""Model folders of well-known shapes with random weights, which vLLM makes itself (`load_format="dummy"`).

How long a step takes does not depend on what the weights are. What they write does: any allowed token is about as
likely as any other, so that outputs go wherever their constraint lets them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

# Of "text generation" models of the Llama family: of Llama 3.1 8B, and one whose steps take as little as they can.
_8B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
_SMALL = {
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 8,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "head_dim": 64,
}
SHAPES: dict[str, dict[str, int]] = {"8b": _8B, "small": _SMALL}


def write(shape: str, tokenizer: Path, folder: Path) -> Path:
    """A folder that vLLM takes for a model: a shape's configuration with the tokenizer of another folder.

    Raises:
        KeyError: no such shape.
    """
    from transformers import AutoTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    for file in tokenizer.iterdir():
        if file.name.startswith(("tokenizer", "special_tokens", "vocab", "merges")):
            shutil.copyfile(file, folder / file.name)
    loaded = AutoTokenizer.from_pretrained(folder)
    config: dict[str, Any] = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "bfloat16",
        "vocab_size": len(loaded),
        "bos_token_id": loaded.bos_token_id,
        "eos_token_id": loaded.eos_token_id,
        "hidden_act": "silu",
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 500000.0, "rope_type": "default"},
        "tie_word_embeddings": False,
        **SHAPES[shape],
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return folder
