"""A Qwen2-Audio model, vLLM's real class for it, small and of random weights: it really hears, and says nothing real.

The tokenizer is the demo model's, with the tokens added that stand for a sound.
"""

from __future__ import annotations

from pathlib import Path

from demo import MODEL, use_demo_environment

use_demo_environment()

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
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import (
        AutoTokenizer,
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.add_tokens([AUDIO, *AROUND], special_tokens=True)
    tokenizer.chat_template = TEMPLATE
    sounds = WhisperFeatureExtractor(feature_size=MEL_BINS, sampling_rate=RATE, chunk_length=SECONDS)
    processor = Qwen2AudioProcessor(sounds, tokenizer, chat_template=TEMPLATE)
    text = {
        "model_type": "qwen2",
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
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
    torch.manual_seed(0)
    model = Qwen2AudioForConditionalGeneration(config)
    for weights in model.parameters():
        # Larger than they are made, so that what is heard shows in the output.
        weights.data.mul_(4 if weights.dim() > 1 else 1)
    model.save_pretrained(folder)
    # transformers 5 nests the text's names once more than the published checkpoints, which vLLM reads.
    file = folder / "model.safetensors"
    saved = {name.replace(".model.model.", ".model."): tensor for name, tensor in load_file(file).items()}
    save_file(saved, file, metadata={"format": "pt"})
    processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
