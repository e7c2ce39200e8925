"""The agents' terminal: shows a conversation, reads answers, and knows nothing of flows or backends."""
