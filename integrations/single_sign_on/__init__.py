"""Signing in with the identity provider of a brand, and what its word counts for here."""
