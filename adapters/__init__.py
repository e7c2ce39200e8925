"""Everything that touches the world: clinic backends, stores, mail, the screens."""
