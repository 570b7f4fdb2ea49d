"""Image options and render arguments that are refused, each in one line with a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "camera": ({"cameras": ["haed"]}, "cameras: no 'haed' in grasp; did you mean 'head'?"),
    "no-camera": ({"cameras": []}, "cameras: is [], not a list of names"),
    "word": ({"cameras": "head"}, "cameras: is 'head', not a list of names"),
    "unseen": ({"cameras": ["head"], "observe": ["proprio"]}, "cameras: no kind of image is observed; add 'rgb'"),
    "kind": ({"observe": ["rbg"]}, "observe: no observation group 'rbg'; did you mean 'rgb'?"),
    "zero": ({"size": (0, 84)}, "size: 0 x 84 px; use 1 to 4096 px for width and height"),
    "negative": ({"size": (84, -1)}, "size: 84 x -1 px; use 1 to 4096 px for width and height"),
    "huge": ({"size": (84, 4097)}, "size: 84 x 4097 px; use 1 to 4096 px for width and height"),
    "one": ({"size": 84}, "size: is 84, not a width and a height in px; use for example (84, 84)"),
    "three": ({"size": (84, 84, 3)}, "size: is (84, 84, 3), not a width and a height"),
    "text": ({"size": ("wide", "high")}, "size: is ('wide', 'high'), not a width and a height"),
    "renderer": ({"renderer": "rastr"}, "renderer: 'rastr' is not a renderer; did you mean 'raster'?"),
    "quality": ({"quality": "best"}, "quality: 'best' is not a quality"),
    "tiny-fine": (
        {"renderer": "tiny", "quality": "fine"},
        "renderer: 'tiny' knows no 'fine'; use renderer 'raster' for it",
    ),
    "tiny-normals": ({"renderer": "tiny", "observe": ["normals"]}, "renderer: 'tiny' knows no 'normals'"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=list(MISTAKES))
def test_invalid_image_options_are_refused_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, UsageError)) as caught:
        TaskEnv("grasp", **{"observe": ["rgb"], **arguments})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_invalid_render_arguments_are_refused_in_one_line(grasp_with_images: TaskEnv) -> None:
    grasp_with_images.reset(seed=0)
    for arguments, message in (
        ({"camera": "wirst"}, "cameras: no 'wirst' in grasp; did you mean 'wrist'?"),
        ({"kinds": ("color",)}, "picture: no kind 'color'; "),
        ({"kinds": "rgb"}, "picture: "),
        ({"size": (0, 0)}, "size: 0 x 0 px; use 1 to 4096 px"),
        ({"quality": "finest"}, "quality: 'finest' is not a quality; did you mean 'fine'?"),
    ):
        with pytest.raises(ConfigError) as caught:
            grasp_with_images.render_images(**arguments)  # type: ignore[arg-type]
        assert str(caught.value).startswith(message), arguments
        assert "\n" not in str(caught.value)


def test_a_pose_that_is_not_finite_is_not_rendered(grasp_with_images: TaskEnv) -> None:
    grasp_with_images.reset(seed=0)
    state = grasp_with_images.state
    frames = dict(state.frames)
    frames["target"] = frames["target"]._replace(position=(float("nan"), 0.0, 0.0))
    grasp_with_images.world.state = type(state)(
        **{name: getattr(state, name) for name in state.__slots__} | {"frames": frames}
    )
    with pytest.raises(ConfigError, match=r"^a pose to draw is not finite; [^\n]+$"):
        grasp_with_images.render_images("front")


def test_an_unknown_texture_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match=r"wood_oka[^\n]+did you mean 'wood_oak'\?$"):
        TaskEnv("grasp", observe=["rgb"], settings=["objects.target.texture=wood_oka"])
