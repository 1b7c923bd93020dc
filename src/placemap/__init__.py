"""placemap: an integrated care system's places, in ONS geography, with the proof."""

__version__ = "0.1.0"
