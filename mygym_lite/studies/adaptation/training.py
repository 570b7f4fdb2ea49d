"""Policies of an adaptation study: the given one in its new world, fine-tuned ones, and ones trained anew."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.jobs.progress import Progress
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, ObservationConfig, make_training_env
from mygym_lite.learning.imitation.start_policy import read_hidden, read_start, require_same_spaces
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.policies.metadata import METADATA_FILE, read_metadata, read_weights, write_policy
from mygym_lite.policies.saved import find_policy_folder
from mygym_lite.studies.adaptation.plan import AdaptationPlan, Candidate


def train_missing(plan: AdaptationPlan, progress: Progress) -> None:
    """Make the missing policies; the folder of each is complete or absent."""
    candidates = list(plan.candidates)
    for number, candidate in enumerate(candidates):
        folder = plan.get_folder(candidate)
        if (folder / METADATA_FILE).is_file():
            continue
        part = folder.with_name(f".{folder.name}")
        shutil.rmtree(part, ignore_errors=True)
        if candidate.episodes:
            _train(plan, candidate, part, _count_policies(progress, number, len(candidates), candidate.name))
        else:
            _move(plan, candidate, part)
        part.rename(folder)


def _count_policies(progress: Progress, done: int, total: int, name: str) -> Progress:
    """Return a callback that reports the progress of one training beside the count of all policies."""

    def report(noun: str, step: int, steps: int, detail: str) -> None:
        progress("policies", done, total, f", {name} {step}/{steps} {noun}{detail}")

    return report


def _train(plan: AdaptationPlan, candidate: Candidate, out: Path, progress: Progress) -> None:
    """Train on demonstrations in the world, from the weights of the policy or with its architecture alone."""
    network = read_start(plan.policy)
    training = TrainingConfig.for_network(network.kind, bool(read_observation(plan.policy).cameras))
    demonstrations = DemonstrationConfig.for_task(plan.task, episodes=candidate.episodes)
    is_anew = candidate.origin == "anew"
    imitate(
        plan.task,
        "bc",
        out,
        settings=plan.worlds[candidate.world],
        demonstrations=demonstrations if plan.noise is None else replace(demonstrations, noise=plan.noise),
        training=replace(training, hidden=read_hidden(plan.policy)),
        network=replace(network, start=None) if is_anew else None,
        observation=read_observation(plan.policy),
        start=None if is_anew else plan.policy,
        progress=progress,
    )


def _move(plan: AdaptationPlan, candidate: Candidate, out: Path) -> None:
    """Save the policy as one of the task and robot of the world, with the weights that it has."""
    observation = read_observation(plan.policy)
    with closing(make_training_env(plan.task, None, plan.worlds[candidate.world], observation)) as env:
        require_same_spaces(env, plan.policy)
        task, robot = env.task.name, env.task.robot.model
    folder = find_policy_folder(plan.policy)
    out.mkdir(parents=True)
    write_policy(out, replace(read_metadata(folder), task=task, robot=robot), read_weights(folder))


def read_observation(policy: str) -> ObservationConfig:
    """Read the observations of a policy of imitation; the ground-truth state if it records none."""
    recorded: Any = read_metadata(find_policy_folder(policy)).provenance.get("observation")
    if not isinstance(recorded, Mapping):
        return GROUND_TRUTH
    return ObservationConfig(
        cameras=tuple(recorded.get("cameras", ())),
        size=tuple(recorded.get("size", GROUND_TRUTH.size)),
        perception=recorded.get("perception"),
        observe=tuple(recorded.get("observe", ())),
    )
