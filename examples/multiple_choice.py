"""One of a few answers."""

from typing import Literal

from vllm import LLM

import outlines

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    result = model("What is the capital of France?", Literal["Paris", "London", "Rome", "Berlin"], temperature=0)
    print(result)
