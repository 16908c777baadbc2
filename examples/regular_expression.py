"""A text that matches a regular expression."""

from vllm import LLM

import outlines
from outlines.types import Regex

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    result = model("Generate a fake social security number.", Regex(r"\d{3}-\d{2}-\d{4}"), top_p=0.1)
    print(result)
