"""Findings, one registered generator each."""
