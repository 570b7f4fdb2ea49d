"""Policy server for a checkpoint of LeRobot: run by LeRobot's interpreter, over openpi's websocket protocol.

``python server.py DIR`` prints a JSON object with its port, and stops once its input is closed. An observation holds
features by name, images as (height, width, 3) of bytes, the instruction as ``prompt``, and at the start of an episode
its seed as ``mygym_lite/seed``. The reply is ``{"actions": array (1, size)}``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read when LeRobot is imported

import lerobot.policies  # noqa: F401 - registers the kinds of policies
import msgpack
import numpy as np
import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.policies.factory import get_policy_class, make_pre_post_processors
from lerobot.utils.import_utils import register_third_party_plugins
from lerobot.utils.random_utils import set_seed
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

SEED_KEY = "mygym_lite/seed"
_INTERNAL_ERROR = 1011


class LeRobotPolicy:
    """Policy with its processors, one observation at a time.

    Args:
        folder: Folder of the checkpoint.
    """

    def __init__(self, folder: str) -> None:
        register_third_party_plugins()
        config = PreTrainedConfig.from_pretrained(folder, local_files_only=True)
        if hasattr(config, "pretrained_backbone_weights"):
            config.pretrained_backbone_weights = None  # they would be downloaded, and then overwritten
        self.metadata = {"program": "lerobot", "policy": config.type, SEED_KEY: "optional"}
        self._policy = get_policy_class(config.type).from_pretrained(folder, config=config, local_files_only=True)
        device = {"device_processor": {"device": str(config.device)}}
        self._before, self._after = make_pre_post_processors(config, folder, preprocessor_overrides=device)
        self._autocast = torch.autocast(torch.device(config.device).type, enabled=config.use_amp)

    def reset(self, seed: int) -> None:
        """Begin an episode: empty the queues, and seed all random generators."""
        set_seed(seed % 2**32)
        for part in (self._policy, self._before, self._after):
            part.reset()

    def act(self, observation: dict[str, Any]) -> np.ndarray[Any, Any]:
        """Return the action, as a row."""
        batch = {name: _to_tensor(value) for name, value in observation.items() if isinstance(value, np.ndarray)}
        with torch.inference_mode(), self._autocast:
            action = self._policy.select_action(self._before({**batch, "task": [observation.get("prompt", "")]}))
        row: np.ndarray[Any, Any] = self._after(action).to("cpu").float().numpy()
        return row


class EpisodeHandler:
    """Handler of connections; the policy remembers its episode, so that one client acts at a time.

    Args:
        policy: Policy to serve.
    """

    def __init__(self, policy: LeRobotPolicy) -> None:
        self._policy, self._lock = policy, threading.Lock()

    def handle(self, connection: ServerConnection) -> None:
        """Serve one client until it disconnects; others wait."""
        with self._lock:
            try:
                connection.send(msgpack.packb(self._policy.metadata))
                self._policy.reset(0)
                for message in connection:
                    connection.send(self._reply(message))
            except ConnectionClosed:
                return
            except Exception:
                connection.send(traceback.format_exc())
                connection.close(_INTERNAL_ERROR, "an error, see the last message")

    def _reply(self, message: str | bytes) -> bytes:
        observation = msgpack.unpackb(message, object_hook=_decode_array)
        if SEED_KEY in observation:
            self._policy.reset(int(observation.pop(SEED_KEY)))
        data: bytes = msgpack.packb({"actions": self._policy.act(observation)}, default=_encode_array)
        return data


def _to_tensor(array: np.ndarray[Any, Any]) -> torch.Tensor:
    """Return a batch of one; an image becomes channels first, from 0 to 1."""
    tensor = torch.from_numpy(array.copy())[None]
    if array.dtype == np.uint8 and array.ndim == 3:
        return tensor.permute(0, 3, 1, 2).contiguous().float() / 255
    return tensor.float()


def _encode_array(array: np.ndarray[Any, Any]) -> dict[bytes, Any]:
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": array.dtype.str, b"shape": array.shape}


def _decode_array(table: dict[Any, Any]) -> Any:
    if b"__ndarray__" not in table:
        return table
    return np.frombuffer(table[b"data"], np.dtype(table[b"dtype"])).reshape(table[b"shape"])


def main() -> None:
    """Load the checkpoint, print the port, and serve until the input is closed."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print as they like
    torch.set_num_threads(1)  # the same numbers on any machine, and no contention between workers
    handler = EpisodeHandler(LeRobotPolicy(sys.argv[1]))
    with serve(handler.handle, "127.0.0.1", 0, compression=None, max_size=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answer.write(json.dumps({"port": server.socket.getsockname()[1]}) + "\n")
        answer.close()
        sys.stdin.read()
        os.kill(os.getpid(), 15)  # a client may still wait for an action


if __name__ == "__main__":
    main()
