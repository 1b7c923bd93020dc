"""What each command does; returns results, prints nothing."""
