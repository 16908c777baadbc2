"""A whole number."""

from vllm import LLM

import outlines

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    result = model("How many countries are there in the world?", int)
    print(result)
