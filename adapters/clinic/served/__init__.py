"""The embedded clinic as an HTTP API: the worked example of a vendor's system, to try a mapping on."""
