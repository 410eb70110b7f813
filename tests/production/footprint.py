"""What it takes: memory of each service with its processes, connections and disk of PostgreSQL."""

import re
from collections.abc import Iterator
from pathlib import Path

from integrations.models import Grant
from tests.production.world import World


def lines(world: World) -> Iterator[str]:
    for service in world.portal.services:
        pids = [service.process.pid, *_children(service.process.pid)]
        megabytes = sum(map(_proportional, pids)) / 1024
        yield f"{service.name}: {megabytes:.0f} MB in {len(pids)} processes"
    sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'portal'"
    yield f"connections to PostgreSQL: {world.database.sql(sql).strip()}"
    size = int(world.database.sql("SELECT pg_total_relation_size('integrations_grant')", "portal"))
    yield f"disk of a grant, with indexes: {size / Grant.objects.count() / 1024:.1f} KB"
    users = "SELECT pg_total_relation_size('accounts_user') / count(*) FROM accounts_user"
    yield f"disk of a user, with indexes: {int(world.database.sql(users, 'portal')) / 1024:.1f} KB"


def _children(pid: int) -> list[int]:
    own = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*own, *(grandchild for child in own for grandchild in _children(child))]


def _proportional(pid: int) -> int:
    """In KB: what several processes share counts for each in part."""
    found = re.search(r"(?m)^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) if found else 0
