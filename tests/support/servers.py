"""Policy servers that run beside a test."""

import threading
from contextlib import contextmanager


@contextmanager
def running(server):
    """A server that answers, by its address."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "ws://{}:{}".format(*server.socket.getsockname()[:2])
    finally:
        server.shutdown()
        thread.join()
