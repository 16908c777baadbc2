"""A conversation with a system message."""

from vllm import LLM

import outlines
from outlines.inputs import Chat

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    chat = Chat(
        [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "What is the capital of Latvia?"},
        ]
    )
    result = model(chat, max_tokens=50)
    print(result)
