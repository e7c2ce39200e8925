"""A deterministic simulator: the product with real session files, and everything around it under one seed."""
