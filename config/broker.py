"""Redis as a broker that may be failed over."""

from kombu.transport import redis
from redis import ResponseError


class Transport(redis.Transport):
    """A primary that became a replica, or is full, answers errors: connect again, do not end.

    Kombu counts them as errors of the channel, which end the worker.
    """

    connection_errors = (*redis.Transport.connection_errors, ResponseError)
