"""The publishers' services: the only network."""
