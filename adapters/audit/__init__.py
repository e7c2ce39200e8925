"""The audit: who did what to whom, on whose authority, in a chain that shows every later change."""
