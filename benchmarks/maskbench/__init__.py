"""The MaskBench protocol: time to the first mask, time per token, and correctness, one engine per process."""
