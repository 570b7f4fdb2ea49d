"""Check that a policy and a task mean the same by observations and actions, before any success is measured."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import get_width, write_json

_MISTAKES = 3  # 1 and 2 are failures and usage errors of any command


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the policy, the task and the number of episodes."""
    parser.epilog = f"Exit codes: 0 no mistake, {_MISTAKES} mistakes found."
    parser.add_argument("policy", metavar="POLICY", help=options.POLICY_FORMS)
    parser.add_argument("--task", required=True, metavar="TASK", help="shipped task, or path of a task file")
    options.add_count(parser, "--episodes", "episodes of the expert to act on (default 5)", 5)
    options.add_policy_loading(parser)
    options.add_settings(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the findings, and return the exit code."""
    from mygym_lite.harness.contract.check import check_policy
    from mygym_lite.harness.contract.formats import format_report

    report = check_policy(
        arguments.policy,
        arguments.task,
        episodes=arguments.episodes,
        settings=arguments.settings,
        remote_mapping=arguments.remote_mapping,
        normalize=arguments.normalize,
        python=arguments.python,
        allow_pickle=arguments.allow_pickle,
    )
    if arguments.json:
        write_json(out, report.to_dict())
    else:
        out.write(format_report(report, get_width(out)))
    return 0 if report.passed else _MISTAKES
