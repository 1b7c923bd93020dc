"""Words that all rooms share: errors, findings, codes, tables, arrays, reading people's tables, safe files."""
