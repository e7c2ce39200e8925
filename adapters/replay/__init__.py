"""Conversations written down as tests: reading them, and holding them again."""
