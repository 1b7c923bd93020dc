"""The files that answer a freedom of information request."""
