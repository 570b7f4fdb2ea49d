"""System identification: fit declared parameters of a task to recorded joint motions.

Reading order:

- ``motion.py``: a recorded motion; ``motion_csv.py`` reads and writes them, ``recordings.py`` finds them in files.
- ``excitation.py``: play and record a motion that shows the parameters.
- ``parameters.py``: free parameters, their ranges and scales.
- ``simulation.py``: simulate a motion with other parameters; ``processes.py`` does so in several processes.
- ``residuals.py``, ``fit.py``: least squares over the simulation, from several starts.
- ``uncertainty.py``: confidence intervals, and parameters that the data cannot tell.
- ``study.py``: the whole identification; ``result.py``: what it returns.
- ``preset_file.py``: randomization preset of the fit; ``text.py``, ``charts.py``, ``report.py``: HTML page.
"""
