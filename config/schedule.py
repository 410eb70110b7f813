"""What beat has done, and every how many seconds.

What nobody took before the next tick would only repeat it, and is dropped (tasks/guarded.py).
"""


def of(*, sweep_every: float) -> dict[str, dict[str, str | float]]:
    every = {
        "tasks.sweep": sweep_every,
        "tasks.send_notices": 60.0,
        "tasks.tidy": 600.0,
        # The regular start of the polling loop; usually it is woken, and runs already.
        "device_tasks.poll_device_authorizations": 5.0,
        "tasks.bulk_jobs.work": 5.0,
        "tasks.follow_subscribers": 5.0,
        "tasks.webhooks.deliver": 5.0,
    }
    return {
        name: {"task": f"integrations.{name}", "schedule": seconds}
        for name, seconds in every.items()
    }
