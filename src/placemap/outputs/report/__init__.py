"""One HTML file about a system, or about England."""
