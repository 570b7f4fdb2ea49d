"""How far a long command is, as people on a terminal and readers of a log see it."""

import io
from types import SimpleNamespace

from mygym_lite.cli.progress import EvaluationProgress, ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_one_line_that_is_erased_at_the_end():
    screen = Terminal()
    bar = ProgressBar(screen, "images")
    for done in (0, 1, 2):
        bar(done, 2)
    assert "0/2 images, starting" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
    assert "\n" not in screen.getvalue()


def test_resumed_items_are_reported():
    log = io.StringIO()
    ProgressBar(log, "images")(3, 8)
    assert log.getvalue() == "resuming after 3 of 8 images\n"


def test_an_evaluation_shows_its_current_success_rate(monkeypatch):
    monkeypatch.setattr("mygym_lite.cli.progress._FILE_PERIOD", 0.0)
    log = io.StringIO()
    watch = EvaluationProgress(log)
    watch("episodes", 0, 4, "")
    for done, success in enumerate((True, False, True), start=1):
        watch.on_record(SimpleNamespace(success=success, failure=None))
        watch("episodes", done, 4, "")
    assert [line.rpartition(", ")[2] for line in log.getvalue().splitlines()] == [
        "success 100%", "success 50%", "success 67%",
    ]  # fmt: skip


def test_a_log_begins_with_the_operation(monkeypatch):
    monkeypatch.setattr("mygym_lite.cli.progress._FILE_PERIOD", 0.0)
    log = io.StringIO()
    bar = ProgressBar(log, "policies")
    bar(0, 15)
    bar(0, 15, ", none-0 12/40 epochs")
    assert log.getvalue().endswith(" 0/15 policies, none-0 12/40 epochs\n")
