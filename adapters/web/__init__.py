"""Conversations over HTTP: the API, the help widget, and plain pages for where no script runs."""
