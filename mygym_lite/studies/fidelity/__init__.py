"""Fidelity: whether two worlds, two engines or a simulation and a real robot, rank policies alike.

Reading order:
    study.py                            ``fidelity``: from two runs, or a run and a CSV file, to a result
    world_pair.py                       success by policy, condition and seed in two worlds, and its resamples
    run_world.py, pairing.py            a run as a world; two runs paired by seed, or refused
    real_results.py                     CSV file of a real robot
    agreement.py                        correlations, MMRV and rank flips
    drops.py                            drops from nominal by axis and severity
    disagreements.py                    worst conditions, each with an episode of the same seed in both worlds
    real_prediction.py                  real success over all conditions, from few that were tried
    estimates.py                        percentile intervals
    text.py, charts.py, page.py         sentences and tables, SVG charts, HTML page
"""
