"""The wire to identity providers: OpenID Connect. Knows no model and no browser."""
