"""What people are told of a conversation as a whole: where it stands, why, and what was done in it.

Nothing is decided by it, and no question needs it.
"""
