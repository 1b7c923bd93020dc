"""Pictures of places."""
