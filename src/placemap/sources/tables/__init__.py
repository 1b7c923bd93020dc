"""What is derived from several files, cut to configs, and written as a store."""
