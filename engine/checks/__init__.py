"""The checks of a pack of flows, one family a file."""
