"""A sentence of a ready-made grammar."""

from vllm import LLM

import outlines
from outlines import grammars
from outlines.types import CFG

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    result = model("When did the first human being walk on the moon?", CFG(grammars.iso_date))
    print(result)
