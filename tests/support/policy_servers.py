"""Policy servers on the loopback interface: the one of the package, and one written to the protocol alone."""

from contextlib import contextmanager

import msgpack
import numpy as np
from servers import running
from websockets.sync.server import serve

from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.remote.server import open_server
from mygym_lite.policies.watchdog import GuardedPolicy


@contextmanager
def serve_policy(policy, env, **settings):
    """Run the package's server and yield its address."""
    with running(open_server(find_policy(policy), env, port=0, **settings)) as url:
        yield url


def connect_policy(url, env, mapping=None):
    """Connect to a server and begin an episode."""
    policy = GuardedPolicy(find_policy(url, remote_mapping=mapping).make(env), env.action_space)
    policy.reset(0)
    return policy


def make_protocol_server(infer, metadata=None, port=0):
    """Build a minimal server that uses no code of the package.

    Args:
        infer: Called with the decoded message and the connection; returns the reply, or None to send none.
        metadata: First message to each client.
        port: Port to listen on; 0 picks a free one.
    """

    def converse(connection):
        connection.send(msgpack.packb(metadata or {}))
        for data in connection:
            reply = infer(msgpack.unpackb(data, object_hook=_decode_array), connection)
            if reply is not None:
                connection.send(msgpack.packb(reply, default=_encode_array))

    return serve(converse, "127.0.0.1", port, compression=None, max_size=None)


def reply_with(*actions):
    """Return an ``infer`` that always answers with these actions, one a row."""
    return lambda message, connection: {"actions": np.array(actions, np.float32), "server_timing": {"infer_ms": 1.0}}


def _encode_array(array):
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": array.dtype.str, b"shape": array.shape}


def _decode_array(table):
    if b"__ndarray__" in table:
        return np.ndarray(buffer=table[b"data"], dtype=np.dtype(table[b"dtype"]), shape=table[b"shape"])
    return table
