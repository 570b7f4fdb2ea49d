"""Checkpoints of LeRobot as policies."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.lerobot.checkpoint import LeRobotCheckpoint
from mygym_lite.policies.lerobot.feature_mapping import build_mapping, require_fitting
from mygym_lite.policies.lerobot.server_process import LeRobotServer, get_server
from mygym_lite.policies.metadata import require_observations
from mygym_lite.policies.remote.mapped_policy import MappedPolicy
from mygym_lite.policies.remote.mapping import MappingFile, RemoteMapping
from mygym_lite.policies.remote.policy import RemotePolicy


class LeRobotPolicy(RemotePolicy):
    """Policy whose server runs as long as it exists.

    Args:
        server: Server of the checkpoint.
    """

    def __init__(self, server: LeRobotServer) -> None:
        super().__init__(server.client, lambda _: None)
        self._server = server


@dataclass(frozen=True)
class LeRobotPolicySpec:
    """Specification of a checkpoint as a policy, before any environment exists."""

    checkpoint: LeRobotCheckpoint
    python: str
    """Interpreter of the environment in which LeRobot is installed."""
    mapping: RemoteMapping | None = None
    """The user's mapping, instead of one by the names of the features."""

    @classmethod
    def read(cls, name: str, python: str | None, file: MappingFile | None) -> LeRobotPolicySpec:
        """Read the checkpoint of a policy ``lerobot:DIR``."""
        mapping = None if file is None else file.mapping
        if mapping is not None and mapping.prompt is None:
            mapping = replace(mapping, prompt="{instruction}")
        return cls(LeRobotCheckpoint.read(name), python or sys.executable, mapping)

    def get_env_arguments(self) -> dict[str, Any]:
        """Return the arguments of an environment that observes the features of the checkpoint."""
        return (self.mapping or build_mapping(self.checkpoint)).get_env_arguments()

    def list_files(self) -> list[Path]:
        """List the files on which the actions depend."""
        return self.checkpoint.list_files()

    def make(self, env: TaskEnv) -> MappedPolicy:
        """Make the policy for an environment; its server starts at once, so that its errors come early."""
        mapping = self.mapping or build_mapping(self.checkpoint, env)
        require_observations(env, mapping.list_array_names(), f"policy {self.checkpoint.name}: the mapping")
        require_fitting(self.checkpoint, mapping, env)
        return MappedPolicy(LeRobotPolicy(get_server(self.checkpoint, self.python)), mapping, env)
