"""The folder of a LeRobot checkpoint, and the features that its policy wants and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError

PREFIX = "lerobot:"
CONFIG, WEIGHTS = "config.json", "model.safetensors"
PROCESSORS = ("policy_preprocessor.json", "policy_postprocessor.json")
_OWN_FOLDER = "pretrained_model"
_MIGRATION = "lerobot.processor.migrate_policy_normalization"


@dataclass(frozen=True)
class LeRobotCheckpoint:
    """A checkpoint, by its ``config.json``.

    Args:
        folder: Folder of the checkpoint.
        name: Name of the policy in messages.
        images: Width and height of each image by the name of its feature, px.
        sizes: Size of each other input by the name of its feature.
        action_size: Size of an action.
    """

    folder: Path
    name: str
    images: dict[str, tuple[int, int]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    action_size: int = 0

    @classmethod
    def read(cls, name: str) -> LeRobotCheckpoint:
        """Read the checkpoint of a policy ``lerobot:DIR``."""
        folder = Path(name.removeprefix(PREFIX))
        require_checkpoint(name)
        try:
            config = parse_json((folder / CONFIG).read_bytes())
            inputs = {key: (entry["type"], entry["shape"]) for key, entry in config["input_features"].items()}
            images = {key: (shape[2], shape[1]) for key, (kind, shape) in inputs.items() if kind == "VISUAL"}
            sizes = {key: shape[0] for key, (kind, shape) in inputs.items() if kind in ("STATE", "ENV")}
            return cls(folder, name, images, sizes, config["output_features"]["action"]["shape"][0])
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ConfigError(
                f"policy {name}: its {CONFIG} is not LeRobot's ({type(error).__name__}: {error}); copy it again"
            ) from error

    def list_files(self) -> list[Path]:
        """List the files on which the actions depend."""
        tensors = sorted(self.folder.glob("*.safetensors"))
        return [self.folder / CONFIG, *(self.folder / file for file in PROCESSORS), *tensors]


def require_checkpoint(name: str) -> None:
    """Refuse a folder that is not a whole checkpoint, in one line with the remedy."""
    folder = Path(name.removeprefix(PREFIX))
    if not folder.is_dir():
        raise ConfigError(f"policy {name}: no such folder; name that of a checkpoint, with its {CONFIG}")
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise ConfigError(f"policy {name}: holds no {file}, so it is not a checkpoint; {_find_remedy(folder)}")
    for file in PROCESSORS:
        if not (folder / file).is_file():
            raise ConfigError(
                f"policy {name}: holds no {file}; convert it in LeRobot's environment: python -m {_MIGRATION} "
                f"--pretrained-path {folder}"
            )


def make_label(name: str) -> str:
    """Make the label of a policy: the last folder that the training has not named itself."""
    parts = Path(name.removeprefix(PREFIX)).resolve().parts
    own = [part for part in parts if part not in (_OWN_FOLDER, "checkpoints", "last") and not part.isdecimal()]
    return own[-1] if own else name


def _find_remedy(folder: Path) -> str:
    inner = (folder / _OWN_FOLDER, folder / "checkpoints" / "last" / _OWN_FOLDER)
    found = next((path for path in inner if (path / CONFIG).is_file()), None)
    return f"name its folder that lerobot-train calls {_OWN_FOLDER}" if found is None else f"name {PREFIX}{found}"
