"""A Qwen2-VL model, vLLM's real class for it, small and of random weights: it really watches, and says nothing real.

The tokenizer is the demo model's, with the tokens added that stand for images and videos.
"""

from __future__ import annotations

from pathlib import Path

from demo import MODEL, use_demo_environment

use_demo_environment()

VIDEO, IMAGE, START, END = "<|video_pad|>", "<|image_pad|>", "<|vision_start|>", "<|vision_end|>"
# A token stands for a square of MERGE x MERGE patches in TEMPORAL frames.
PATCH, MERGE, TEMPORAL = 8, 2, 2
PIXELS = (32 * 32, 64 * 64)
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}"
    "{% if part.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def write(folder: Path) -> Path:
    """Write the model into a folder, as `from_pretrained` and vLLM read it."""
    import torch
    from transformers import (
        AutoTokenizer,
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.add_tokens([VIDEO, IMAGE, START, END], special_tokens=True)
    tokenizer.chat_template = TEMPLATE
    sizes = {
        "patch_size": PATCH,
        "merge_size": MERGE,
        "temporal_patch_size": TEMPORAL,
        "size": {"shortest_edge": PIXELS[0], "longest_edge": PIXELS[1]},
    }
    processor = Qwen2VLProcessor(
        Qwen2VLImageProcessor(**sizes), tokenizer, Qwen2VLVideoProcessor(**sizes), chat_template=TEMPLATE
    )
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 6, 6]},
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {
        "depth": 2,
        "embed_dim": 64,
        "hidden_size": 64,
        "num_heads": 2,
        "mlp_ratio": 2,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": TEMPORAL,
    }
    ids = tokenizer.convert_tokens_to_ids
    config = Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids(IMAGE),
        video_token_id=ids(VIDEO),
        vision_start_token_id=ids(START),
        vision_end_token_id=ids(END),
    )
    torch.manual_seed(0)
    model = Qwen2VLForConditionalGeneration(config)
    for weights in model.parameters():
        # Larger than they are made, so that what is seen shows in the output.
        weights.data.mul_(4 if weights.dim() > 1 else 1)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
