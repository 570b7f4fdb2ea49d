"""A minimal package ``lerobot`` with one kind of policy, and checkpoints of it, for tests without LeRobot."""

import json

MODULES = {
    "configs/policies": """
        import json, pathlib, types
        class PreTrainedConfig:
            @staticmethod
            def from_pretrained(folder, local_files_only):
                assert local_files_only
                table = json.loads((pathlib.Path(folder) / "config.json").read_text())
                if table["type"] != "follower":
                    raise ValueError(f"Policy type '{table['type']}' is not registered.")
                return types.SimpleNamespace(**table, device="cpu", use_amp=False, pretrained_backbone_weights="web")
        """,
    "policies/factory": """
        import os, sys
        import torch
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        print("a message that is no answer")
        class Follower:
            def reset(self):
                self.steps = 0
            @classmethod
            def from_pretrained(cls, folder, config, local_files_only):
                assert config.pretrained_backbone_weights is None
                return cls()
            def select_action(self, batch):
                self.steps += 1
                assert batch["task"][0].startswith("Bring the palm")
                if "observation.images.front" in batch:
                    image = batch["observation.images.front"]
                    assert image.shape == (1, 3, 16, 24) and 0.1 < image.max() <= 1.0, image.shape
                    return torch.full((1, 4), 2.0)
                if float(batch["observation.state"][0, 0]) == 0.5:
                    raise RuntimeError("broke")
                goal = batch["observation.environment_state"]
                noise = 0.2 * torch.randn(1, 3) / self.steps
                return torch.cat([10.0 * goal + noise, torch.zeros(1, 1)], 1)
        class Identity:
            def reset(self):
                pass
            def __call__(self, value):
                return value
        def get_policy_class(kind):
            return Follower
        def make_pre_post_processors(config, folder, preprocessor_overrides):
            assert preprocessor_overrides == {"device_processor": {"device": "cpu"}}
            return Identity(), Identity()
        """,
    "utils/import_utils": "def register_third_party_plugins(): pass",
    "utils/random_utils": """
        import random, numpy, torch
        def set_seed(seed):
            random.seed(seed), numpy.random.seed(seed), torch.manual_seed(seed)
        """,
}


def write_stub(folder):
    """Write the package into a folder, which has to be on the path of the interpreter."""
    for name, text in MODULES.items():
        file = folder / "lerobot" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = text.splitlines()
        file.write_text("\n".join(line.removeprefix("        ") for line in lines), encoding="utf-8")
        for package in (file.parent, file.parent.parent):
            (package / "__init__.py").touch()


def write_checkpoint(folder, inputs=None, action=4, kind="follower"):
    """Write a checkpoint whose inputs have these types and shapes, and return its policy's name."""
    inputs = inputs or {"observation.state": ("STATE", [27]), "observation.environment_state": ("ENV", [3])}
    config = {
        "type": kind,
        "input_features": {name: {"type": kind, "shape": shape} for name, (kind, shape) in inputs.items()},
        "output_features": {"action": {"type": "ACTION", "shape": [action]}},
    }
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in ("model.safetensors", "policy_preprocessor.json", "policy_postprocessor.json"):
        (folder / name).touch()
    return f"lerobot:{folder}"
