"""Finding policies: by name, folder, address or Python object."""

import pytest

from mygym_lite.errors import ConfigError, MyGymError
from mygym_lite.policies.policy_lookup import find_policy


@pytest.mark.parametrize(
    ("text", "label", "name", "kind"),
    [
        ("expert", "expert", "expert", "expert"),
        ("random", "random", "random", "random"),
        ("best=expert", "best", "expert", "expert"),
        ("mine:zero", "mine:zero", "mine:zero", "function"),
        ("a.b:C.act", "a.b:C.act", "a.b:C.act", "function"),
        ("ws://host:8000", "ws://host:8000", "ws://host:8000", "remote"),
        ("pi0=ws://host:8000", "pi0", "ws://host:8000", "remote"),
        ("wss://host/?model=pi0", "wss://host/?model=pi0", "wss://host/?model=pi0", "remote"),
    ],
)
def test_policies_are_found_by_name_module_or_address(text, label, name, kind):
    found = find_policy(text)
    assert (found.label, found.name, found.kind) == (label, name, kind)


def test_label_of_a_folder_is_its_last_part(saved_policy, monkeypatch):
    assert find_policy(saved_policy).label == "small_mlp"
    assert find_policy(f"{saved_policy}/").label == "small_mlp"
    assert find_policy(f"a={saved_policy}").label == "a"
    odd = saved_policy.rename(saved_policy.parent / "lr=3")
    monkeypatch.chdir(odd.parent)
    assert (find_policy("lr=3").label, find_policy("lr=3").name) == ("lr=3", "lr=3")
    assert find_policy(f"{odd}").label == "lr=3"


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("exprt", {}, "did you mean 'expert'"),
        ("", {}, "no policy ''"),
        ("runs/nothing", {}, "no such folder"),
        ("{saved_policy}/../small_mpl", {}, "did you mean 'small_mlp'"),
        ("{saved_policy}/..", {}, "holds no policy.json"),
        ("{saved_policy}.zip", {}, "no such file"),
        (
            "expert",
            {"remote_mapping": "m.toml"},
            "m.toml: is for a server, a network or a function, and expert is none",
        ),
        (3, {}, "3 is neither a name"),
    ],
)
def test_unknown_policies_are_refused_in_one_line(saved_policy, name, how, message):
    with pytest.raises(MyGymError, match=message) as caught:
        find_policy(name.format(saved_policy=saved_policy) if isinstance(name, str) else name, **how)
    assert "\n" not in str(caught.value)


def test_each_environment_gets_its_own_instance_of_a_class(reach, user_module):
    one, other = (find_policy("mine:Counting").make(reach) for _ in range(2))
    one.reset(0)
    other.reset(0)
    one.act(None)
    assert (one.steps, other.steps) == (1, 0)
    with pytest.raises(ConfigError, match="cannot be made without arguments"):
        find_policy("mine:Picky").make(reach)
