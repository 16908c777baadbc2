"""An Idefics3 model, vLLM's real class for it, small and of random weights: it really sees, and says nothing real.

The tokenizer and the text's vocabulary are the demo model's, with the tokens added that stand for an image and around
thinking.
"""

from __future__ import annotations

from pathlib import Path

from .tiny import save, text_sizes, tokenizer_with

IMAGE = "<image>"
AROUND = ["<fake_token_around_image>", "<global-img>", "<end_of_utterance>"]
THINKING = ["<think>", "</think>"]
SIZE, PATCH, SCALE = 32, 8, 2
# How often the image token is in the prompt for one image.
IMAGE_TOKENS = (SIZE // PATCH // SCALE) ** 2
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write(folder: Path) -> Path:
    """Write the model into a folder, as `from_pretrained` and vLLM read it."""
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, LlamaConfig
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.idefics3.processing_idefics3 import Idefics3Processor

    tokenizer = tokenizer_with([IMAGE, *AROUND], TEMPLATE)
    tokenizer.add_tokens(THINKING)
    edge = {"longest_edge": SIZE}
    images = Idefics3ImageProcessorPil(size=edge, max_image_size=edge, do_image_splitting=False)
    processor = Idefics3Processor(images, tokenizer, image_seq_len=IMAGE_TOKENS, chat_template=TEMPLATE)
    text = LlamaConfig(**text_sizes(tokenizer, positions=512), head_dim=32)
    vision = {
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIZE,
        "patch_size": PATCH,
    }
    config = Idefics3Config(
        vision_config=vision,
        text_config=text,
        scale_factor=SCALE,
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        pad_token_id=tokenizer.pad_token_id,
    )
    return save(folder, Idefics3ForConditionalGeneration, config, processor, tokenizer)
