"""Sentences about a leaderboard."""

from __future__ import annotations

from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.harness.leaderboard.ranking import SIGNIFICANCE, Ranking, compute_required_seeds
from mygym_lite.reports.formatting import format_count, format_ranges, join_names

RULE = (
    "The rank of a policy is 1 plus the number of policies that are significantly better. All pairs of policies are "
    "compared on the same seeds: on one task by McNemar's exact test, over several by the exact sign-flip test of the "
    f"number of tasks solved on each seed. One is better if it succeeds more often and p < {SIGNIFICANCE} after Holm's "
    "correction over all pairs of the ranking. Policies of one rank stand in the order of their success, which says "
    "nothing further: they need not be equal, but these episodes do not tell which is better."
)


def format_title(result: LeaderboardResult) -> str:
    """Return the title of the page."""
    names = [board.task for board in result.boards]
    return f"Leaderboard: {join_names(names) if len(names) <= 4 else format_count(len(names), 'task')}"


def format_scope(result: LeaderboardResult) -> str:
    """Return suite, policies, seeds, engines and runs in one line."""
    suite, policies, seeds = result.runs[0].manifest["suite"], len(result.policies), result.seeds
    version = f", version {suite['version']}" if suite.get("version") else ""
    engines = dict.fromkeys(board.engine for board in result.boards if board.engine)
    parts = [
        f"Suite {suite['name']}{version}",
        f"{policies} policies" if policies > 1 else "1 policy",
        f"{format_count(len(seeds), 'episode')} per condition, {'seeds' if len(seeds) > 1 else 'seed'} "
        f"{format_ranges(seeds)}",
        f"ranked in {join_names(engines)}" if engines else "",
        format_count(len(result.runs), "run"),
    ]
    return " · ".join(filter(None, parts))


def build_headlines(result: LeaderboardResult) -> list[str]:
    """Return the policies of the first rank, over all tasks or on each, as sentences."""
    by_task = [_describe_first(f"On {board.task}", board.ranking) for board in result.boards]
    overall = result.overall
    if overall is None:
        return by_task
    names = join_names(overall.tasks) if len(overall.tasks) <= 4 else f"{len(overall.tasks)} tasks"
    first = _describe_first(f"Over {names}", overall.ranking)
    return [first] if len(overall.ranking.ranks) == len(result.policies) else [first, *by_task]


def _describe_first(where: str, ranking: Ranking) -> str:
    if not ranking.ranks:
        return f"{where} no policy has a rank: each broke in every episode."
    first, *others = ranking.tie_groups
    if len(first) == 1:
        ahead = sum(test.better == first[0] for test in ranking.tests) == len(ranking.ranks) - 1
        return f"{where}, {first[0]} is first{', significantly ahead of all others' if others and ahead else ''}."
    if not others:
        return f"{where}, {join_names(first)} cannot be told apart and share the only rank."
    return f"{where}, {join_names(first)} share the first rank: they cannot be told apart on these seeds."


def describe_overall(result: LeaderboardResult) -> str:
    """Describe the policies and tasks of the ranking over several tasks; empty without one."""
    overall = result.overall
    if overall is None:
        return ""
    names = join_names(overall.tasks)
    if len(overall.ranking.ranks) == len(result.policies):
        return f"Policies are ranked by mean success over the tasks on which all of them have results: {names}."
    return f"The policies that have results on every task are ranked by mean success over {names}."


def build_notices(result: LeaderboardResult) -> list[str]:
    """Return reservations for the reader."""
    notices = []
    counts = [len(board.ranking.ranks) for board in result.boards]
    needed = compute_required_seeds(max(counts))
    if max(counts) > 1 and len(result.seeds) < needed:
        notices.append(
            f"With {format_count(len(result.seeds), 'episode')} no two of {max(counts)} policies can differ "
            f"significantly on a task; evaluate with --episodes {needed} or more."
        )
    if len(result.boards) > 1 and result.overall is None:
        notices.append("No ranking over several tasks: fewer than two policies have results on all of them.")
    return notices


def describe_verification(result: LeaderboardResult) -> str:
    """Describe the replayed episodes."""
    verification = result.verification
    if verification is None:
        return "No episode was replayed for this page."
    return (
        f"{format_count(verification.total, 'episode')} replayed, {verification.episodes} of each policy on each task "
        f"and engine (seed of the choice {verification.seed}): all came out as recorded, to the bit."
    )
