"""Carriers of mail: a folder on this machine, or a mail server."""
