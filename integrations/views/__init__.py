"""What the portal user meets: translate the request, one call into a verb, translate the result."""
