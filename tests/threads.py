"""What goes on after a page was answered."""

import threading


def finish(name: str) -> None:
    """Waits for the threads of that name."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join()
