"""May this call be made now? The port (`port`), the clinic's policy, and the gate that applies it."""
