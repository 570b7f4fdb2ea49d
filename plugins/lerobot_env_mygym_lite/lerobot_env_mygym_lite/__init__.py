"""The tasks of mygym_lite in LeRobot, as ``--env.type=mygym_lite``; LeRobot's commands import this module themselves.

Reading order:
    config: the fields of ``--env``, and the environments that they describe.
    lazy_vector_env: vector environments that are made on first use.
"""

from lerobot_env_mygym_lite.config import MyGymEnvConfig

__all__ = ["MyGymEnvConfig"]
