"""The tables of a build."""
