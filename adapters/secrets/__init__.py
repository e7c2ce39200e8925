"""Keeping secrets apart from everything that is stored or shown."""
