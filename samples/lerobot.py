#!/usr/bin/env python3
"""Turns a LeRobot data set (versions 2.0 and 2.1) into episodes (.npz) that `mae` reads: cameras are views.

    python3 samples/lerobot.py DATASET EPISODES --size 96
    mae pretrain EPISODES -o run --method mwm-multiview --views front,wrist --input-size 96

Needs pyarrow, numpy and the program ffmpeg. A camera `observation.images.front` becomes the array `front`, actions and rewards
(`next.reward`; zeros where there are none) stand beside it. LeRobot's row holds the action that follows its picture, an episode's row
the one that led to it, so actions move one row on and the first is zero; rewards likewise.
"""

import argparse
import json
import pathlib
import subprocess

import numpy
import pyarrow.parquet


def pictures(video, size):
    """All frames of a video, `[frames, size, size, 3]`: the largest centred square, resized."""
    filters = f"crop='min(iw,ih)':'min(iw,ih)',scale={size}:{size}:flags=area"
    command = ["ffmpeg", "-v", "error", "-i", str(video), "-vf", filters, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{video}: {done.stderr.decode().strip() or 'ffmpeg cannot read it'}")
    return numpy.frombuffer(done.stdout, numpy.uint8).reshape(-1, size, size, 3)


def column(table, name, count):
    if name not in table.column_names:
        return None
    return numpy.stack([numpy.asarray(value, numpy.float32).reshape(-1) for value in table[name].to_pylist()]).reshape(count, -1)


def moved(values):
    """Each row one further on; the first is zero."""
    return numpy.concatenate([numpy.zeros_like(values[:1]), values[:-1]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=pathlib.Path, help="folder with meta/info.json")
    parser.add_argument("episodes", type=pathlib.Path, help="folder to write into")
    parser.add_argument("--size", type=int, default=96, help="side of the pictures in pixels (default: 96)")
    arguments = parser.parse_args()
    path = arguments.dataset / "meta" / "info.json"
    if not path.exists():
        raise SystemExit(f"{arguments.dataset}: there is no meta/info.json; give the folder of a LeRobot data set")
    info = json.loads(path.read_text())
    version = info.get("codebase_version", "unknown")
    if not version.startswith("v2."):
        raise SystemExit(
            f"{arguments.dataset}: version {version} keeps several episodes in one file; load it with LeRobot's own 2.1, or convert "
            "it to 2.1 first"
        )
    cameras = [name for name, feature in info["features"].items() if feature["dtype"] in ("video", "image")]
    stored = [name for name in cameras if info["features"][name]["dtype"] == "image"]
    if stored or not cameras:
        raise SystemExit(f"{arguments.dataset}: {', '.join(stored) or 'no camera'} is no video; only cameras stored as mp4 are read")
    arguments.episodes.mkdir(parents=True, exist_ok=True)
    for number in range(info["total_episodes"]):
        place = {"episode_chunk": number // info["chunks_size"], "episode_index": number}
        table = pyarrow.parquet.read_table(arguments.dataset / info["data_path"].format(**place))
        count = table.num_rows
        arrays = {}
        for camera in cameras:
            video = arguments.dataset / info["video_path"].format(video_key=camera, **place)
            frames = pictures(video, arguments.size)
            if len(frames) != count:
                raise SystemExit(f"{video}: it has {len(frames)} frames for {count} rows of episode {number}; nothing is shifted")
            arrays[camera.split(".")[-1]] = frames
        action, reward = column(table, "action", count), column(table, "next.reward", count)
        if action is None:
            raise SystemExit(f"{arguments.dataset}: episode {number} has no column action")
        arrays["action"] = moved(action)
        arrays["reward"] = numpy.zeros(count, numpy.float32) if reward is None else moved(reward)[:, 0]
        arrays["is_first"], arrays["is_last"] = numpy.arange(count) == 0, numpy.arange(count) == count - 1
        arrays["is_terminal"] = numpy.zeros(count, bool)
        numpy.savez_compressed(arguments.episodes / f"episode_{number:06d}.npz", **arrays)
        print(f"episode {number}: {count} rows, {', '.join(arrays)}")


if __name__ == "__main__":
    main()
