"""Leaderboard: policies ranked on each task, and over all tasks, from the run folders of ``evaluate``.

Reading order:
    leaderboard.py                  ``leaderboard``: from run folders to a result
    complete_runs.py                runs that are whole and agree with their own summaries, or refused
    run_compatibility.py            runs of one suite, seeds, tasks and simulation, or refused
    entries.py                      one policy on one task in one engine, merged from all runs
    ranking.py                      paired tests between all policies, and ranks in which ties share a rank
    adaptation.py                   success in changed worlds after some experience there
    training_cost.py                cost of training, as the metadata of a policy records it
    board.py, overall_board.py      rows of each task, and the ranking over several tasks
    verification.py                 replays of some episodes of each policy
    table_file.py                   CSV file and document
    sentences.py, text.py           sentences, and tables for the terminal
    overview.py, task_section.py    parts of the page: all tasks, and one
    methodology.py, page.py         definitions and provenance, HTML page
"""
