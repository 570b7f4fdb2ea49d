"""Runs of invented policies in two worlds, with given success rates."""

import json
from dataclasses import replace

from runs import records, write_records, write_run

from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

POLICIES = ("expert", "mlp", "random")
EPISODES = 20
FOUR = ("expert", "grasp_act", "grasp_bc", "random")


def write_world(folder, rates, engine="bullet", suite="nominal", drops=None, tasks=("grasp",), episodes=EPISODES):
    """Write a run in which each policy solves the first episodes of every condition, as many as its rate says.

    With drops, it solves fewer along an axis: `drops[axis]` of all episodes at severity 5, in proportion below.
    """
    write_run(folder, tasks, tuple(rates), suite, episodes)
    plan = records({task: load_task(task) for task in tasks}, tuple(rates), load_suite(suite), episodes)
    write_records(folder, [replace(record, success=solves(record, rates, drops or {}, episodes)) for record in plan])
    change_manifest(folder, lambda manifest: [
        task["fields"].update(physics={"engine": engine}) for task in manifest["tasks"].values()
    ])  # fmt: skip
    return folder


def solves(record, rates, drops, episodes):
    lost = drops.get(record.axis, 0.0) * record.severity / 5
    return record.seed < round((rates[record.policy] - lost) * episodes)


def change_manifest(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def write_table(path, *lines, header="policy,task,condition,successes,episodes"):
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path
