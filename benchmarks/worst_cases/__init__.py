"""The masks that are slowest to make, one at a time: on a state never seen before and on one asked for again."""
