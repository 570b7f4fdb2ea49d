"""Contact solver of PyBullet: its parameters, and its iterations adapted to penetration."""

from __future__ import annotations

import pybullet as bullet

from mygym_lite.config.rotation import tilt_vector
from mygym_lite.config.task import Task

_RESIDUAL_THRESHOLD = 3e-6  # PyBullet's default of 1e-7 costs 10% more for motors without contact
_CONVERGED_PENETRATION = 1e-3  # m; a converged solver stays below
_EXTRA_ITERATIONS = 8  # factor on the iterations above that penetration
_RECOVERY = 0.2  # s; time constant that separates penetrating bodies after an impact; faster, they would bounce


class ContactSolver:
    """Physics parameters of a client for one episode."""

    def __init__(self, client: int, task: Task) -> None:
        physics, step_seconds = task.physics, 1.0 / task.physics.step_hz
        self._client = client
        self._iterations = physics.solver_iterations
        self._is_unconverged = False
        bullet.setGravity(*tilt_vector(physics.gravity, physics.tilt), physicsClientId=client)
        bullet.setPhysicsEngineParameter(
            fixedTimeStep=step_seconds,
            numSolverIterations=self._iterations,
            solverResidualThreshold=_RESIDUAL_THRESHOLD,
            deterministicOverlappingPairs=1,
            contactERP=min(0.2, step_seconds / _RECOVERY),
            physicsClientId=client,
        )

    def adapt(self, depth: float) -> None:
        """Increase the iterations while the deepest penetration, m, shows that the solver has not converged."""
        unconverged = depth > _CONVERGED_PENETRATION
        if unconverged != self._is_unconverged:
            self._is_unconverged = unconverged
            iterations = self._iterations * (_EXTRA_ITERATIONS if unconverged else 1)
            bullet.setPhysicsEngineParameter(numSolverIterations=iterations, physicsClientId=self._client)
