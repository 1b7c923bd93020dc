"""Publishers' files: told apart, read, held to what they promise."""
