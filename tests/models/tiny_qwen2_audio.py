"""A Qwen2-Audio model, vLLM's real class for it, small and of random weights: it really hears, and says nothing real.

The tokenizer is the demo model's, with the tokens added that stand for a sound.
"""

from __future__ import annotations

from pathlib import Path

from .tiny import save, text_sizes, tokenizer_with

AUDIO = "<|AUDIO|>"
AROUND = ["<|audio_bos|>", "<|audio_eos|>"]
# vLLM's class takes sounds of 30 seconds, padded: 3,000 frames, which the encoder halves.
RATE, SECONDS, MEL_BINS, POSITIONS = 16_000, 30, 16, 1500
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}"
    "{% if part.type == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def write(folder: Path) -> Path:
    """Write the model into a folder, as `from_pretrained` and vLLM read it."""
    from safetensors.torch import load_file, save_file
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    tokenizer = tokenizer_with([AUDIO, *AROUND], TEMPLATE)
    sounds = WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE, chunk_length=SECONDS)
    processor = Qwen2AudioProcessor(sounds, tokenizer, chat_template=TEMPLATE)
    text = text_sizes(tokenizer, positions=1024) | {"model_type": "qwen2"}
    audio = {
        "num_mel_bins": MEL_BINS,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "d_model": 64,
        "max_source_positions": POSITIONS,
    }
    config = Qwen2AudioConfig(
        audio_config=audio, text_config=text, audio_token_index=tokenizer.convert_tokens_to_ids(AUDIO)
    )
    save(folder, Qwen2AudioForConditionalGeneration, config, processor, tokenizer)
    # transformers 5 nests the text's names once more than the published checkpoints, which vLLM reads.
    file = folder / "model.safetensors"
    saved = {name.replace(".model.model.", ".model."): tensor for name, tensor in load_file(file).items()}
    save_file(saved, file, metadata={"format": "pt"})
    return folder
