"""The places of England as one folder to be published: tables, outlines, a page a place, a search."""
