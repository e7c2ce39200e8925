"""A vendor's own HTTP API as a clinic's system, described in one YAML file: no Python is needed."""
