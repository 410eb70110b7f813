"""The wire to whoever listens to our events: not trusted, and not waited for."""
