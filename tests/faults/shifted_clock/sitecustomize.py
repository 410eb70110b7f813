"""Put on PYTHONPATH: shifts this process's wall clock by CLOCK_SHIFT seconds, as a wrong host's."""

import datetime
import os
import sys
import time

SHIFT = float(os.environ.get("CLOCK_SHIFT", "0"))
real_time = time.time
real_datetime = datetime.datetime


class _Looks(type):
    """Moments made elsewhere are still moments."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, real_datetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, real_datetime)


class ShiftedDatetime(real_datetime, metaclass=_Looks):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> real_datetime:
        return real_datetime.now(tz) + datetime.timedelta(seconds=SHIFT)

    @classmethod
    def utcnow(cls) -> real_datetime:
        naive = real_datetime.now(datetime.UTC).replace(tzinfo=None)
        return naive + datetime.timedelta(seconds=SHIFT)


time.time = lambda: real_time() + SHIFT
datetime.datetime = ShiftedDatetime
sys.stderr.write(f"clock shifted by {SHIFT:.0f}\n")
