"""The clinic's own system: the actions a flow can name, the port, and the backends that perform them."""
