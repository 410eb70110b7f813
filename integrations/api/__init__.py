"""The HTTP API for other programs, and for pages of the portal's own origin.

A route asks one verb, as a page does. Who may call it stands in its declaration (`routing.py`).
"""
