"""Policy evaluation: episodes of every policy, task and condition, kept in a run folder and summarized.

Reading order:
    evaluate.py            ``evaluate``: from names to a finished run
    plan.py, manifest.py   the tasks, policies, conditions and episode numbers of a run; its description on disk
    latencies.py           simulated time that the policies take to compute
    episode_queue.py, runner.py, policy_check.py   which episodes are missing; running them; a trial of the policies
    run_folder.py, declared_worlds.py          records on disk, checked against the manifest; tasks and suite of a run
    metrics.py, episode_errors.py, condition_results.py, relevant_axes.py   from records to numbers
    summary.py, verdict.py, result.py              per condition, per policy, and as an object of Python
    compare.py, paired_comparison.py               two policies or runs on the same seeds
    gate/                  outcome of a run against a baseline, for continuous integration
    replay.py, plan_restoration.py, replayer.py, clips.py   recorded episodes once more, and as videos
    known_episode.py       short episodes with published digests, for ``doctor``
    report/                the HTML page
    leaderboard/           policies of several runs, ranked on the same seeds
"""
