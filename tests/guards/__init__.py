"""Guards: promises about the whole project that nobody rereads, read by a machine each time."""
