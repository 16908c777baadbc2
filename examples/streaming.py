"""A story, piece by piece as it is written."""

from vllm import LLM

import outlines

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    for piece in model.stream("Tell me a short story about a cat.", max_tokens=100):
        print(piece, end="", flush=True)
    print()
