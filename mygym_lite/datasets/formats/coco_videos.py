"""Numbers of videos and of the objects in them, as tools for COCO-style video datasets read them."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
FRAME_KEY = "frame_id"
"""Key of an image with the number of the frame in its video."""


class VideoNumbers:
    """Numbers the videos of a file and their objects, both counted from 1."""

    def __init__(self) -> None:
        self._videos: dict[tuple[int, str], int] = {}
        self._objects: dict[tuple[int, str], int] = {}

    def add(self, record: Record) -> Record:
        """Return the record of a frame with the number of its video, and of each object, equal in all its frames."""
        image = record["image"]
        if FRAME_KEY not in image:
            return record
        key = image["scene"], image["camera"]
        video = self._videos.setdefault(key, len(self._videos) + 1)
        lists = {name: [self._add_object(video, entry) for entry in record[name]] for name in ("annotations", "unseen")}
        return record | {"image": {**image, "video_id": video}} | lists

    def _add_object(self, video: int, entry: Record) -> Record:
        number = self._objects.setdefault((video, entry["name"]), len(self._objects) + 1)
        return {**entry, "video_id": video, "instance_id": number}

    def list_videos(self) -> list[Record]:
        """List the videos; none if the images are single."""
        return [
            {"id": number, "name": f"scene {scene}, {camera}", "scene": scene, "camera": camera}
            for (scene, camera), number in self._videos.items()
        ]
