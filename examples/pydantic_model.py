"""An object of a pydantic model."""

from typing import List

from pydantic import BaseModel
from vllm import LLM, SamplingParams

import outlines


class Character(BaseModel):
    name: str
    age: int
    skills: List[str]


if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    params = SamplingParams(frequency_penalty=1.5, max_tokens=200)
    result = model("Create a character.", output_type=Character, sampling_params=params)
    print(result)
    print(Character.model_validate_json(result))
