import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from runs import write_records, write_run

from mygym_lite.cli import build_parser
from mygym_lite.cli import report as command
from mygym_lite.harness.report import write_report
from mygym_lite.harness.report.report_data import collect_report_data
from mygym_lite.harness.report.worst_episodes import format_replay_command, select_worst_episodes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.reports.heatmap_colors import build_color_table, compute_contrast_ratio

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
VOID = {"meta", "link", "br", "img", "input", "path", "circle"}


class Page(HTMLParser):
    """Checks that every element is closed where it should be, and keeps elements and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def cells(self):
        return [attrs for tag, attrs in self.found if tag == "td" and "aria-label" in attrs]


def report(folder, *more):
    return Page(write_report([RunFolder.open(f) for f in (folder, *more)], folder).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "quick", ("reach", "grasp"), ("expert", "random"), episodes=10)


def test_the_verdict_comes_first_with_success_time_force_and_robustness(quick):
    text = report(quick).text
    verdict = text[: text.index("Success by axis", 200)]
    assert "expert and random on reach and grasp" in verdict
    nominal = r"100% of 10 nominal episodes \(72 to 100\), in 2\.\d s with a peak force of \d+ N on the object\. "
    assert re.search("expert solves grasp in " + nominal, verdict)
    assert re.search(r"At severity 3 it solves \d+% \(\d+ to \d+\), retaining \d+%", verdict)
    assert "random solves none of 10 nominal episodes of grasp (0 to 28%)" in verdict
    assert "its weakest axis is" in verdict


def test_each_axis_names_the_shapes_of_its_curves(quick):
    text = write_report([RunFolder.open(quick)], quick).read_text(encoding="utf-8")
    shape = r"(flat|graded|jumps at \d)"
    panels = re.findall(r"<figcaption>([^<]+)<small>([^<]+)</small>", text)
    assert panels
    assert all(re.fullmatch(f"expert {shape}, random {shape}", shapes) for _, shapes in panels)
    assert any("random flat" in shapes for _, shapes in panels)


def test_the_page_loads_no_external_resource(quick):
    text = write_report([RunFolder.open(quick)], quick).read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!#|data:)', text)
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_cells_are_accessible_by_keyboard_and_screen_reader(quick):
    page = report(quick)
    conditions = {(e.policy, e.task, e.axis, e.severity) for e in RunFolder.open(quick).read_records()}
    assert len(page.cells()) == len(conditions)
    assert all(cell["tabindex"] in ("0", "-1") for cell in page.cells())
    assert all(re.search(r"\d+% of 10 solved \(\d+ to \d+\)", cell["aria-label"]) for cell in page.cells())
    assert {attrs["scope"] for tag, attrs in page.found if tag == "th" and "scope" in attrs} >= {
        "col",
        "row",
        "rowgroup",
    }


def test_inapplicable_axes_are_dashes_and_excluded_from_metrics(quick):
    page = report(quick)
    assert "object size \N{EN DASH} reach has no objects.target.size" in page.text
    assert sum("object size" in cell["aria-label"] for cell in page.cells()) == 6  # of grasp alone, both policies
    assert "Not applicable to reach:" in (quick / "report.md").read_text(encoding="utf-8")


def test_every_figure_has_a_text_alternative(quick):
    page = report(quick)
    pictures = [attrs for tag, attrs in page.found if tag == "svg" and attrs.get("role") == "img"]
    described = sum(tag == "desc" for tag, _ in page.found)
    assert len(pictures) == described == sum(tag == "title" for tag, _ in page.found) - 1
    assert len(pictures) > 20


def test_a_single_episode_is_reported_with_a_warning(tmp_path):
    page = report(write_run(tmp_path / "one", suite="nominal", episodes=1))
    assert "expert solves grasp in 100% of 1 nominal episode (21 to 100)" in page.text
    assert "1 episode says little" in page.text
    assert "Success by axis" not in page.text


def test_a_run_without_failures_is_reported(tmp_path):
    folder = write_run(tmp_path / "run", suite="nominal", episodes=5)
    write_records(
        folder,
        [replace(e, success=True, failure=None, time_to_success=2.0) for e in RunFolder.open(folder).read_records()],
    )
    assert "No episode failed." in report(folder).text


def test_a_run_of_failures_shows_dashes_for_missing_metrics(tmp_path):
    folder = write_run(tmp_path / "run", policies=["random"], episodes=3)
    told = RunFolder.open(folder).read_records()
    write_records(folder, [replace(e, forces={}, time_to_success=None, sparc=None, peak_jerk=None) for e in told])
    text = report(folder).text
    assert "never succeeded" in text
    assert "retention undefined" in text
    assert "None" not in text
    assert "nan" not in text


def test_a_run_without_episodes_can_be_reported(tmp_path):
    folder = write_run(tmp_path / "run")
    write_records(folder, [])
    assert "No episode has finished yet" in report(folder).text


def test_pending_conditions_are_not_zeros(tmp_path):
    folder = write_run(tmp_path / "run", episodes=4)
    write_records(folder, [e for e in RunFolder.open(folder).read_records() if e.severity < 5])
    page = report(folder)
    assert "13 conditions not run yet" in page.text
    assert not any("severity 5" in cell["aria-label"] for cell in page.cells())


def test_names_and_messages_are_escaped(tmp_path):
    evil = "<script>alert(1)</script> \"'&| é日本"
    folder = write_run(tmp_path / "run", policies=[evil], suite="nominal", episodes=6)
    told = [replace(e, success=False, failure=evil, message=evil) for e in RunFolder.open(folder).read_records()]
    write_records(folder, told)
    page = report(folder)
    assert sum(tag == "script" for tag, _ in page.found) == 1
    assert evil in html.unescape(page.text)
    assert "<script>" not in (folder / "report.md").read_text(encoding="utf-8")


def test_policies_of_several_runs_stand_side_by_side(tmp_path):
    one = write_run(tmp_path / "before", policies=["mlp"], episodes=6)
    other = write_run(tmp_path / "after", policies=["mlp"], episodes=6)
    page = report(one, other)
    assert "mlp (before) and mlp (after) on grasp" in page.text
    assert "These runs differ" not in page.text
    assert "mlp (before) equals mlp (after) in success over 240 episode pairs from 6 seeds" in page.text


def test_a_policy_keeps_its_name_across_runs_of_other_tasks(tmp_path):
    runs = [write_run(tmp_path / task, [task], episodes=2) for task in ("reach", "grasp")]
    evidence = collect_report_data([RunFolder.open(folder) for folder in runs])
    assert evidence.policies == ("expert",)
    assert [board.task for board in evidence.task_suites] == ["reach", "grasp"]


def test_differences_between_runs_are_reported(tmp_path):
    one, other = write_run(tmp_path / "a", seed=0, episodes=2), write_run(tmp_path / "b", seed=50, episodes=2)
    assert "These runs differ in seeds" in report(one, other).text


def test_worst_episodes_have_replay_commands_and_videos(quick):
    run = RunFolder.open(quick)
    (_, first), *_ = found = select_worst_episodes([run], 3)
    assert len(found) == 3
    assert not first.success
    text = write_report([run], quick, {(quick, first.episode): b"film"}).read_text(encoding="utf-8")
    assert f"mygym-lite replay {quick} {first.episode} --video" in text
    assert text.count("data:video/webm;base64,ZmlsbQ==") == 1


def test_combined_suites_are_one_axis(tmp_path):
    page = report(write_run(tmp_path / "run", suite="combined", episodes=3))
    assert len(page.cells()) == 6


def test_the_same_run_gives_the_same_page(quick):
    pages = [write_report([RunFolder.open(quick)], quick).read_bytes() for _ in range(2)]
    assert pages[0] == pages[1]


@pytest.fixture
def half_blind(tmp_path):
    """Two policies, one of which the friction of an object is said not to reach."""
    folder = write_run(tmp_path / "run", policies=["expert", "mlp"], episodes=4)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["irrelevant_axes"] = {"expert": {"grasp": {"friction": "does not reach a policy of this test"}}, "mlp": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_an_axis_that_cannot_affect_a_policy_is_a_dash_with_its_reason(half_blind):
    page = report(half_blind)
    labels = [cell["aria-label"] for cell in page.cells() if "friction at" in cell["aria-label"]]
    assert "expert, friction at severity 3; does not reach a policy of this test" in labels
    assert sum(re.search(r"mlp, friction at severity \d; \d+% of 4 solved", label) is not None for label in labels) == 3
    axes = len({e.axis for e in RunFolder.open(half_blind).read_records()}) - 1
    assert f"over {axes - 1} shared axes" in page.text
    assert f"Outside the {axes - 1} shared axes, its robustness is" in page.text
    assert "1 axis cannot affect it." in page.text
    assert "Excluded, because they cannot affect both policies: friction." in page.text
    shared = page.text.count(f"mean over {axes - 1} shared axes")
    assert shared >= 2  # of success and of force


def test_an_axis_that_affects_no_policy_is_listed_once(tmp_path):
    folder = write_run(tmp_path / "run", episodes=2)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["irrelevant_axes"] = {"expert": {"grasp": {"friction": "does not reach anybody"}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = report(folder)
    assert "friction \N{EN DASH} does not reach anybody" in page.text
    assert not any("friction at" in cell["aria-label"] for cell in page.cells())
    assert "friction" not in (folder / "report.md").read_text(encoding="utf-8")


def test_cells_of_a_policy_that_never_acted_are_empty(tmp_path):
    folder = write_run(tmp_path / "run", policies=["expert", "mlp"], episodes=2)
    records = RunFolder.open(folder).read_records()
    dead = {"success": False, "time_to_success": None, "failure": "policy_error", "message": "no weights", "steps": 0}
    write_records(folder, [replace(e, **dead) if e.policy == "mlp" else e for e in records])
    page = report(folder)
    labels = [cell["aria-label"] for cell in page.cells() if cell["aria-label"].startswith("mlp")]
    assert labels
    assert all(label.endswith("all 2 episodes ended in policy_error: no weights") for label in labels)
    verdict = page.text[: page.text.index("Success by axis", 200)]
    assert "mlp has no result on grasp: all" in verdict
    assert "mlp error" in verdict


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cell_numbers_have_enough_contrast(theme):
    pairs = build_color_table()[theme]
    assert min(compute_contrast_ratio(back, ink) for back, ink in pairs) >= 4.5
    from_paper = [compute_contrast_ratio(back, pairs[-1][0]) for back, _ in pairs]
    assert from_paper == sorted(from_paper, reverse=True)  # lightness alone tells the order


def test_command_writes_page_and_markdown_where_asked(quick, tmp_path, capsys):
    arguments = build_parser().parse_args(["report", str(quick), "--out", str(tmp_path / "here")])
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        assert command.run(arguments, out) == 0
    assert (tmp_path / "out").read_text(encoding="utf-8").strip() == str(tmp_path / "here" / "report.html")
    assert "| policy | Success |" in (tmp_path / "here" / "report.md").read_text(encoding="utf-8")


def browse(page, folder, *options, theme="light"):
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--enable-logging=stderr",
        "--v=0",
    ]
    words = [BROWSER, *flags, f"--user-data-dir={folder / 'profile'}", *options, f"{page.as_uri()}#theme={theme}"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)


@pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_has_no_errors_in_a_browser(quick, tmp_path, theme):
    page = write_report([RunFolder.open(quick)], quick)
    said = browse(page, tmp_path, "--dump-dom", theme=theme)
    assert "CONSOLE" not in said.stderr
    assert f'data-theme="{theme}"' in said.stdout
    assert 'id="tip"' in said.stdout


@pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")
def test_the_page_fits_the_width_of_a_phone(quick, tmp_path):
    """A phone's width is tried in a frame, since a browser's window may not be so narrow."""
    page = write_report([RunFolder.open(quick)], quick)
    widths = "`${document.documentElement.scrollWidth} of ${document.documentElement.clientWidth}`"
    probe = f"<script>addEventListener('load', () => parent.document.title = {widths})</script>"
    inner = html.escape(page.read_text(encoding="utf-8").replace("</body>", f"{probe}</body>"))
    frame = tmp_path / "phone.html"
    framed = f'<title>-</title><iframe style="width:390px;border:0" srcdoc="{inner}"></iframe>'
    frame.write_text(framed, encoding="utf-8")
    said = browse(frame, tmp_path, "--dump-dom")
    needed, width = re.search(r"<title>(\d+) of (\d+)</title>", said.stdout).groups()
    assert int(needed) <= int(width) <= 390


def test_replay_commands_allow_the_code_of_the_run(quick):
    run = RunFolder.open(quick)
    record = run.read_records()[0]
    assert "--allow-code" not in format_replay_command(run, record)
    run.manifest["policies"][record.policy]["source"] = "my_module:act"
    assert format_replay_command(run, record).endswith(" --allow-code")
