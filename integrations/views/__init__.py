"""What the portal user meets: translate the request, one call into a flow, translate the result."""
