"""Where sessions are kept: the port (`port`), and one file per kind of store."""
