"""From what is there to what is observed: all faults of sensing, in the order in which they happen."""

from __future__ import annotations

from mygym_lite.envs.calibration import HandEyeShift, HandEyeTurn
from mygym_lite.envs.camera_faults import Blur, ImageNoise, MotionBlur
from mygym_lite.envs.depth_faults import DepthHoles, DepthNoise
from mygym_lite.envs.sensing import Observation
from mygym_lite.envs.stages import Stage, begin, through
from mygym_lite.envs.state_faults import ForceNoise, JointBias, JointNoise, PalmFromJoints
from mygym_lite.envs.studio import Images
from mygym_lite.envs.timing import Drop, Latency, Stuck
from mygym_lite.spec.state import State
from mygym_lite.spec.task import Task


class Perception:
    """How the policy sees one episode after the other.

    In each step, the first one at the reset included, ``state`` comes first, then ``images``, then ``observation``. A
    task whose sensing is nominal builds nothing, and everything passes as it is.
    """

    def __init__(self, task: Task) -> None:
        self.reset(task, 0)

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode of a task that ``sample`` has drawn."""
        of_state: list[Stage[State]] = [JointBias(), JointNoise(), PalmFromJoints(), ForceNoise()]
        of_state += [HandEyeTurn(), HandEyeShift()]
        of_images: list[Stage[Images]] = [Blur(), MotionBlur(), ImageNoise(), DepthNoise(), DepthHoles()]
        in_time: list[Stage[Observation]] = [Latency(), Stuck(), Drop()]
        self._state = begin(of_state, task, seed)
        self._images = begin(of_images, task, seed)
        self._timing = begin(in_time, task, seed)
        self._hz, self._step = task.episode.control_hz, 0

    @property
    def active(self) -> bool:
        """Whether this episode is seen otherwise than it is."""
        return bool(self._state or self._images or self._timing)

    def state(self, state: State) -> State:
        """The state as the sensors report it; the true one stays as it is."""
        self._step = round(state.seconds * self._hz)
        if not self._state:
            return state
        return through(self._state, copied(state), self._step)

    def images(self, images: Images) -> Images:
        """The images of the same moment as the cameras deliver them."""
        return through(self._images, images, self._step)

    def observation(self, observation: Observation, step: int) -> Observation:
        """The finished observation of a step when it arrives: late, stalled, or lost."""
        if not self._timing:
            return observation
        arrived = through(self._timing, observation, step)
        # whoever gets them may write into these arrays, and they may be needed again
        return {name: array.copy() for name, array in arrived.items()}


def copied(state: State) -> State:
    """Another state of the same values; ``dataclasses.replace`` takes three times as long."""
    return State(
        state.seconds, state.joints, state.speeds, state.torques, state.targets, state.fingers, state.closure,
        state.frames, state.motions, state.contacts, state.forms, state.joint_limits, state.starts,
    )  # fmt: skip
