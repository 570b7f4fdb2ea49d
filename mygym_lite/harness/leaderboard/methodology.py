"""Methodology of a leaderboard: definitions of its columns, and provenance of the runs."""

from __future__ import annotations

from mygym_lite.harness.leaderboard.entries import Entry
from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.reports.formatting import format_ranges, join_names

Facts = list[tuple[str, str]]
_DIGITS = 16  # of a digest on the page
_DEFINITIONS = (
    ("success", "Share of the nominal episodes solved for as long as the task requires, with Wilson's 95% interval."),
    (
        "mean success",
        "Mean over the tasks that all policies share, or, if these are fewer than two, over all tasks for the policies "
        "that have results on every one. It is averaged within each seed first, with a 95% interval over seeds.",
    ),
    ("time", "Median simulated time to success of the nominal episodes that succeeded."),
    (
        "peak force",
        "Mean over nominal episodes with contact of the peak force of the hand on objects, where a peak is the largest "
        "average over 50 ms; beside it the limit that the task declares, if any.",
    ),
    (
        "robustness",
        "Area under success over severity, from 0% (never succeeds) to 100% (always succeeds at every severity), mean "
        "over the axes that affect every policy on the task. Along an axis that cannot affect a policy its episodes "
        "equal the nominal ones, so that it would count as robust for nothing.",
    ),
    (
        "other axes",
        "The same over the axes that affect this policy, but not every policy: for example light, for a policy with "
        "cameras. No two policies are compared over these.",
    ),
    ("other engine", "Nominal success of the same policy in another physics engine, where a run holds it; not ranked."),
    (
        "adapted",
        "Mean success over changed worlds of the policy after fine-tuning on so many demonstrations there, as measured "
        "by study adaptation; not ranked.",
    ),
    (
        "training",
        "Wall time, demonstrations and steps of the environment, as far as the metadata of the policy records them; "
        "a dash if nothing is recorded, which does not mean that it cost nothing.",
    ),
)


def build_definitions() -> Facts:
    """Return the definitions of the columns."""
    return list(_DEFINITIONS)


def build_facts(result: LeaderboardResult) -> Facts:
    """Return what all runs have in common."""
    manifest = result.runs[0].manifest
    suite = manifest["suite"]
    return [
        ("suite", f"{suite['name']} [{str(suite.get('digest', ''))[:_DIGITS]}]: {suite.get('about', '')}"),
        ("seeds", f"{format_ranges(result.seeds)}, of every condition and policy"),
        ("simulation", f"code and assets [{manifest['simulation'][:_DIGITS]}]"),
        ("mygym_lite", join_names(sorted({str(run.manifest["version"]) for run in result.runs}))),
    ]


def build_run_facts(result: LeaderboardResult) -> list[tuple[str, str, Facts]]:
    """Return folder, command and provenance of each run."""
    by_run: dict[str, list[Entry]] = {}
    for entry in result.entries:
        by_run.setdefault(str(entry.run.folder), []).append(entry)
    return [
        (
            str(run.folder),
            str(run.manifest["command"]) or "made from Python",
            [
                ("created", str(run.manifest["created"])),
                ("revision", _format_revision(run.manifest["git"])),
                *_describe_policies(by_run.get(str(run.folder), [])),
            ],
        )
        for run in result.runs
    ]


def _describe_policies(entries: list[Entry]) -> Facts:
    texts = {
        entry.policy: f"{entry.declaration['source']} [{str(entry.declaration['digest'])[:_DIGITS]}]"
        for entry in entries
    }
    return [(policy, source) for policy, source in texts.items()]


def _format_revision(git: dict[str, object] | None) -> str:
    if git is None:
        return "unknown"
    return f"{git['revision']}{' with local changes' if git.get('dirty') else ''}"
