"""Explain, compare, diff, infer, sensitivity, find."""
