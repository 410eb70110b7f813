"""The verbs. Transactions begin and end here; no HttpRequest gets in, no HTTP runs inside one."""
