"""A Qwen2-VL model, vLLM's real class for it, small and of random weights: it really watches, and says nothing real.

The tokenizer is the demo model's, with the tokens added that stand for images and videos.
"""

from __future__ import annotations

from pathlib import Path

from .tiny import save, text_sizes, tokenizer_with

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
    from transformers import (
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    tokenizer = tokenizer_with([VIDEO, IMAGE, START, END], TEMPLATE)
    sizes = {
        "patch_size": PATCH,
        "merge_size": MERGE,
        "temporal_patch_size": TEMPORAL,
        "size": {"shortest_edge": PIXELS[0], "longest_edge": PIXELS[1]},
    }
    processor = Qwen2VLProcessor(
        Qwen2VLImageProcessor(**sizes), tokenizer, Qwen2VLVideoProcessor(**sizes), chat_template=TEMPLATE
    )
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 6, 6]}
    text = text_sizes(tokenizer, positions=1024) | {"rope_parameters": rope}
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
    return save(folder, Qwen2VLForConditionalGeneration, config, processor, tokenizer)
