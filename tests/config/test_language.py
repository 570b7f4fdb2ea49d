"""Instructions: filled from what was sampled, perturbed without losing their meaning, refused in one line."""

import io
import math
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from language_tasks import SCENE, TEMPLATES, change, instruct, load, write_task

from mygym_lite import cli
from mygym_lite.config.instructions.basic_colors import BASIC_COLORS, name_color
from mygym_lite.config.instructions.instruction import build_instruction, describe_task
from mygym_lite.config.instructions.instruction_text import split_words
from mygym_lite.config.instructions.referents import describe_referent, get_noun
from mygym_lite.config.instructions.vocabulary import encode_instruction, load_vocabulary
from mygym_lite.config.instructions.wording import load_wording
from mygym_lite.config.language import MAX_WORDS
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import list_tasks
from mygym_lite.errors import ConfigError
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.randomization.axis import SEVERITIES
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

AXES = {axis.name: axis for axis in load_suite("language").axes}
WORDING = load_wording()
seeds = st.integers(0, 2**31 - 1)
templates = st.integers(0, len(TEMPLATES) - 1)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return load(tmp_path_factory.mktemp("language"))


def perturb(task, axis, severity, seed, paraphrase=0):
    """Return the sampled task of a severity of an axis, 0 for the nominal one, and its instruction."""
    worded = change(task, paraphrase=paraphrase)
    variations = AXES[axis].build_variations(worded, severity) if severity else ()
    sampled = sample(worded, variations, seed)
    return sampled, build_instruction(sampled, seed)


# --- templates


def test_before_any_episode_the_first_template_speaks_of_the_declared_task(task):
    assert describe_task(task) == "put the red cube into the bowl"
    assert describe_task(load_task("reach")) == load_task("reach").about


def test_the_words_are_those_of_the_models_and_colours_that_were_sampled(task):
    texts = {instruct(task, seed) for seed in range(40)}
    nouns, colors = ("cube", "ball"), ("red", "blue", "yellow")
    assert texts == {f"put the {color} {noun} into the bowl" for color in colors for noun in nouns}


def test_a_paraphrase_is_chosen_by_its_index_or_drawn(task):
    assert instruct(task, 0, paraphrase=1).endswith("in the white bowl.")
    drawn = [instruct(task, seed, paraphrase="any") for seed in range(40)]
    assert len({text.split()[0] for text in drawn}) == len(TEMPLATES)
    assert drawn == [instruct(task, seed, paraphrase="any") for seed in range(40)]


def test_articles_agree_with_the_word_that_follows(tmp_path):
    orange = SCENE.replace("[start]", "[start]\n'objects.bowl.color' = { value = [0.95, 0.5, 0.1] }")
    task = load_task(write_task(tmp_path, ["find a {bowl.color} {bowl}"], scene=orange))
    assert instruct(task, 0) == "find an orange bowl"
    assert describe_task(task) == "find a white bowl"


def test_the_noun_of_an_object_is_its_model_s_or_its_name():
    assert get_noun("torus_segment") == (load_object("torus_segment").noun or "torus segment")


def test_colours_have_the_names_of_the_nearest_basic_ones():
    assert all(name_color(rgb) == name for name, rgb in BASIC_COLORS.items())
    assert [name_color(load_object(name).color) for name in ("cube", "cuboid", "slab", "bottle")] == [
        "red",
        "blue",
        "green",
        "green",
    ]


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_every_colour_has_a_name(rgb):
    assert name_color(rgb) in BASIC_COLORS


# --- perturbations


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([name for name in AXES if name != "typos"]), st.sampled_from(SEVERITIES), seeds, templates)
def test_every_severity_keeps_noun_and_colour_or_a_true_relation(task, axis, severity, seed, paraphrase):
    sampled, text = perturb(task, axis, severity, seed, paraphrase)
    nominal = perturb(task, axis, 0, seed, paraphrase)[1]
    assert len(split_words(text)) <= MAX_WORDS
    named = {relation_holds(sampled, relation) for relation in find_relations(text)}
    assert named <= {"target", "bowl"}
    for name in {"target", "bowl"} - named:
        referent = describe_referent(sampled, name)
        assert has_word(text, referent.noun, WORDING.nouns)
        if f"{referent.color} {referent.noun}" in nominal:
            assert has_word(text, referent.color, WORDING.colors)


def find_relations(text):
    return re.findall(r"\bobject (.*?)(?= into\b| in the\b| and\b| then\b|[,.]|$)", text)


def has_word(text, word, synonyms):
    return any(re.search(rf"\b{each}\b", text) for each in (word, *synonyms.get(word, ())))


def relation_holds(task, text):
    """Return the only object of which a relation is true, by the start poses."""
    points = {name: thing.initial_position for name, thing in task.objects.items()}
    base = (0.06, 0.2)  # of the humanoid with its right arm
    extremes = {
        "nearest to you": lambda p: -math.dist(p[:2], base),
        "farthest from you": lambda p: math.dist(p[:2], base),
        "farthest to the left": lambda p: p[1],
        "farthest to the right": lambda p: -p[1],
    }
    if text in extremes:
        return max(points, key=lambda name: extremes[text](points[name]))
    relation, phrase = re.fullmatch(r"(left of|right of|in front of|behind|next to) the (.+)", text).groups()
    noun = phrase.split()[-1]
    [landmark] = [name for name in points if describe_referent(task, name).noun == noun]
    dx, dy = ({n: p[axis] - points[landmark][axis] for n, p in points.items() if n != landmark} for axis in (0, 1))
    fits = {
        "left of": lambda n: dy[n] > 0.03 and abs(dx[n]) < 1.2 * dy[n],
        "right of": lambda n: -dy[n] > 0.03 and abs(dx[n]) < -1.2 * dy[n],
        "in front of": lambda n: -dx[n] > 0.03 and abs(dy[n]) < -1.2 * dx[n],
        "behind": lambda n: dx[n] > 0.03 and abs(dy[n]) < 1.2 * dx[n],
        "next to": lambda n: math.hypot(dx[n], dy[n]) < 0.18,
    }[relation]
    [only] = [name for name in dx if fits(name)]
    return only


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(AXES)), seeds, templates, st.sampled_from(SEVERITIES[1:]))
def test_a_higher_severity_keeps_the_changes_of_a_lower_one(task, axis, seed, paraphrase, severity):
    texts = [perturb(task, axis, level, seed, paraphrase)[1] for level in (0, severity - 1, severity)]
    nominal, low, high = map(split_words, texts)
    if axis == "typos":
        assert all(a in (b, c) for a, b, c in zip(low, nominal, high, strict=True))
    elif axis == "reordering":
        assert Counter(low) == Counter(high) == Counter(nominal)
    elif axis == "extra_words":
        assert is_subsequence(nominal, low)
        assert is_subsequence(low, high)
    elif axis == "relation":
        assert Counter(find_relations(texts[1])) <= Counter(find_relations(texts[2]))
    else:
        assert Counter(nominal) & Counter(high) <= Counter(nominal) & Counter(low)


def is_subsequence(short, long):
    rest = iter(long)
    return all(word in rest for word in short)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(AXES)), st.sampled_from(SEVERITIES), seeds)
def test_the_same_seed_gives_the_same_words_and_the_same_scene(task, axis, severity, seed):
    sampled, text = perturb(task, axis, severity, seed)
    assert perturb(task, axis, severity, seed)[1] == text
    assert sampled.objects == perturb(task, axis, 0, seed)[0].objects


def test_each_perturbation_has_an_example(task):
    sampled = {name: [perturb(task, name, 5, seed)[1] for seed in range(8)] for name in AXES}
    assert "place the azure block inside the dish" in [instruct(task, seed, synonyms=1) for seed in range(80)]
    assert any(text.startswith("into the bowl, ") or ", into the bowl, put" in text for text in sampled["reordering"])
    assert all(len(split_words(text)) >= 12 for text in sampled["extra_words"])
    assert any("object left of the" in text for text in sampled["relation"])
    assert all(text != perturb(task, "typos", 0, seed)[1] for seed, text in enumerate(sampled["typos"]))


def test_a_list_of_objects_moves_as_a_whole(tmp_path):
    task = load_task(write_task(tmp_path, ["put the {target}, the {bowl} and the table into the box"]))
    moved = {instruct(task, seed, reorder=0.5) for seed in range(30)}
    assert any(text.startswith("into the box, put the ") and text.endswith(" and the table") for text in moved)
    assert all(re.search(r"the (cube|ball), the bowl and the table", text) for text in moved)


def test_an_object_named_by_its_colour_alone_keeps_it(tmp_path):
    task = load_task(write_task(tmp_path, ["take the {target.color} one"]))
    assert instruct(task, 0, relation=1) == instruct(task, 0)


def test_an_object_that_no_relation_singles_out_keeps_its_noun(tmp_path):
    alone = re.sub(r"\[distractors\].*?\[cameras\]", "[cameras]", SCENE, flags=re.DOTALL)
    alone = re.sub(r"\[objects.bowl\].*?\n\n", "", alone, flags=re.DOTALL)
    task = load_task(write_task(tmp_path, ["grab the {target}"], scene=alone))
    assert {instruct(task, seed, relation=1) for seed in range(20)} == {"grab the cube", "grab the ball"}


def test_a_synonym_never_fits_another_thing_of_the_scene(tmp_path):
    cuboid = SCENE.replace('"can", "cylinder", "box", "brick"', '"cuboid"').replace("count     = 3", "count     = 1")
    cubes = cuboid.replace('["cube", "ball"]', '["cube"]')
    task = load_task(write_task(tmp_path, ["grab the {target}"], scene=cubes))
    with_cuboid = {instruct(task, seed, synonyms=1).split()[-1] for seed in range(40)}
    assert "block" not in with_cuboid  # a cuboid is a block, too


def test_own_synonyms_join_those_that_are_shipped(tmp_path):
    task = load(tmp_path, 'words = { target = ["gizmo"] }\nvocabulary = ["gizmo"]')
    assert any("gizmo" in instruct(task, seed, synonyms=1) for seed in range(40))


def test_typing_errors_are_no_words(task):
    vocabulary = load_vocabulary()
    for seed in range(20):
        nominal, typed = instruct(task, seed).split(), instruct(task, seed, typos=1).split()
        assert [word in vocabulary for word in typed] == [len(word) < 3 for word in nominal]


@pytest.mark.parametrize("name", list_tasks())
def test_axes_of_the_wording_apply_to_tasks_with_language_and_policies_that_read(name, task):
    for each in (task, load_task(name)):
        reasons = find_irrelevant_axes(load_suite("language"), each, ObservedFields(reads_instruction=True))
        assert set(reasons) == (set() if each.language else set(AXES))
    blind = find_irrelevant_axes(load_suite("language"), task, ObservedFields())
    assert set(blind.values()) == {"cannot affect a policy that does not read the instruction"}


# --- vocabulary


def test_the_vocabulary_knows_every_shipped_word():
    texts = [*BASIC_COLORS, *map(get_noun, list_objects()), *WORDING.extra.front, *WORDING.extra.back]
    for table in (WORDING.synonyms, WORDING.nouns, WORDING.colors):
        texts += [*table, *(word for words in table.values() for word in words)]
    assert {word for text in texts for word in split_words(text)} <= load_vocabulary().keys()
    assert set(WORDING.colors) == set(BASIC_COLORS)


def test_tokens_are_padded_and_unknown_words_have_one_token():
    vocabulary = load_vocabulary(("gizmo",))
    tokens = encode_instruction("Put the gizmo, zzz!", vocabulary)
    assert tokens.tolist() == [vocabulary["put"], vocabulary["the"], len(vocabulary) - 1, 1] + [0] * (MAX_WORDS - 4)


# --- mistakes


@pytest.mark.parametrize(
    ("written", "more", "message"),
    [
        (["pick up the {traget}"], "", r"templates.0: no field '{traget}'; did you mean 'target'\?"),
        (["pick up the {target.size}"], "", r"no field '{target.size}'; did you mean 'target'\?"),
        ([], "", r"templates: is empty; write an instruction"),
        (["  "], "", r"templates.0: is empty; write an instruction"),
        (["pick up the {target"], "", r"the brace '{' at character 13 has no counterpart"),
        (["pick up the target}"], "", r"the brace '}' at character 19 has no counterpart"),
        (["take it " * 13], "", r"has up to 26 words, at most 24 are allowed; shorten it"),
        (["grab the gizmo"], "", r"'gizmo' is not in the vocabulary; extend .* vocabulary = \[\"gizmo\"\]"),
        (["garb the {target}"], "", r"'garb' is not in the vocabulary; did you mean 'grab'\? If not, extend"),
        (TEMPLATES, 'words = { targt = ["die"] }', r"words.targt: no object or region 'targt'; did you mean 'target'"),
        (TEMPLATES, 'words = { target = ["gizmo"] }', r"words.target: 'gizmo' is not in the vocabulary"),
        (TEMPLATES, 'vocabulary = ["two words"]', r"'two words' is not a single word"),
        (TEMPLATES, "paraphrase = 4", r"paraphrase: is 4, there are 4 templates; use 0 to 3 or 'any'"),
        (TEMPLATES, "paraphrase = 'all'", r"paraphrase: expected"),
        (TEMPLATES, "synonyms = 1.5", r"synonyms: 1.5 is above the highest allowed, 1"),
    ],
)
def test_a_mistake_is_refused_in_one_line(tmp_path, written, more, message):
    with pytest.raises(ConfigError, match=message) as raised:
        load_task(write_task(tmp_path, written, more))
    assert str(raised.value).startswith("tidy_up.toml: language.")
    assert "\n" not in str(raised.value)


def test_a_model_that_the_start_may_choose_needs_known_words(tmp_path):
    (tmp_path / "gizmo.toml").write_text(
        'schema = 1\nname = "gizmo"\nabout = "A thing."\nbank = "train"\nfamily = "box"\nmass = 0.1\nfriction = 0.8\n'
        '[[shapes]]\nkind = "box"\nsize = [0.04, 0.04, 0.04]\n[[grasps]]\nat = [0, 0, 0]\nclose = "y"\nwidth = 0.04\n',
        encoding="utf-8",
    )
    scene = SCENE.replace('["cube", "ball"]', f'["cube", "{(tmp_path / "gizmo.toml").as_posix()}"]')
    with pytest.raises(ConfigError, match="'gizmo' is not in the vocabulary"):
        load_task(write_task(tmp_path, scene=scene))


def test_a_group_cannot_have_the_name_of_the_tokens(tmp_path):
    scene = SCENE.replace("[observe.proprio]", "[observe.instruction]")
    with pytest.raises(ConfigError, match=r"observe\.instruction: is the name of the tokens"):
        load_task(write_task(tmp_path, scene=scene))


def test_a_variation_of_the_template_names_one_that_exists(tmp_path):
    scene = f"{SCENE}'language.paraphrase' = {{ choice = [0, 1, 7] }}\n"
    with pytest.raises(ConfigError, match="is 7, there are 4 templates"):
        load_task(write_task(tmp_path, scene=scene))


# --- command line


def test_show_lists_the_templates_and_the_fields_of_the_wording(tmp_path):
    words = ["show", str(write_task(tmp_path)), "--set", "language.paraphrase=any"]
    arguments, out = cli.build_parser().parse_args(words), io.StringIO()
    assert cli.COMMANDS["show"].run(arguments, out) == 0
    assert re.search(r"\n0 +put the {target.color} {target} into the {bowl}\n", out.getvalue())
    assert re.search(r"\nlanguage\.paraphrase +any +", out.getvalue())
