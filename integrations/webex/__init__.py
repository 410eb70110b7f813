"""The wire: what goes to Webex and what its answers mean. Knows no model and no request."""
