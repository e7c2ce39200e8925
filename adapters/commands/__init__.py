"""The commands of the command line, one a module; each is registered in `adapters.cli`."""
