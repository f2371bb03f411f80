#!/usr/bin/env python3
"""The first step of a world model on latents of episodes: linear dynamics and a linear reward, against the mean and raw pixels.

    mae samples games --episodes 400 --clips 0 --stills 0
    mae pretrain games/episodes -o run --method mwm --preset tiny --input-size 32
    mae embed games/episodes -m run --per-episode -o latents
    python3 samples/world_model.py latents games/episodes

Fitted on all episodes but the last fifth and measured on those, by PyTorch:

    next latent = A · latent + B · action + c      share of the variance between rows that is explained, 1 - error / variance
    reward      = w · latent + v                   the same, and the correlation

Raw pixels take the latents' place for comparison: averaged over squares of pixels until they are about as many as a latent has
numbers, and whole. "Stays as it is" predicts the next row by the last one.
"""

import argparse
import pathlib

import numpy
import torch


def episodes(folder):
    """Arrays of every .npz file below a folder, by the names of the files."""
    found = {path.name: dict(numpy.load(path)) for path in sorted(pathlib.Path(folder).rglob("*.npz"))}
    if not found:
        raise SystemExit(f"{folder}: there is no episode (.npz); mae embed --per-episode writes latents, mae samples episodes")
    return found


def small(pictures, width):
    """Pictures as rows of at most about `width` numbers: means over squares of pixels."""
    rows, height, columns, channels = pictures.shape
    side = 1
    while height // side * (columns // side) * channels > width and side < min(height, columns):
        side *= 2
    whole = pictures[:, : height // side * side, : columns // side * side].astype(numpy.float32) / 255
    squares = whole.reshape(rows, height // side, side, columns // side, side, channels)
    return squares.mean(axis=(2, 4)).reshape(rows, -1)


def fit(inputs, outputs):
    """The linear map with a constant of least squares, with a ridge of a millionth of the inputs' size."""
    ones = torch.ones(len(inputs), 1, dtype=torch.float64)
    x = torch.cat([inputs, ones], 1)
    gram = x.T @ x
    ridge = 1e-6 * gram.diagonal().mean() * torch.eye(len(gram), dtype=torch.float64)
    weights = torch.linalg.solve(gram + ridge, x.T @ outputs)
    return lambda new: torch.cat([new, torch.ones(len(new), 1, dtype=torch.float64)], 1) @ weights


def explained(predicted, true, mean):
    return float(1 - ((predicted - true) ** 2).sum() / ((true - mean) ** 2).sum())


def measure(name, states, actions, rewards, test):
    """Prints what linear dynamics and reward explain of the episodes of `test`."""
    def rows(chosen, part):
        return torch.cat([torch.as_tensor(numpy.asarray(part(number)), dtype=torch.float64) for number in chosen])

    train = [number for number in range(len(states)) if number not in test]
    before = lambda number: numpy.concatenate([states[number][:-1], actions[number][1:]], 1)
    after = lambda number: states[number][1:]
    dynamics = fit(rows(train, before), rows(train, after))
    (true, mean) = (rows(test, after), rows(train, after).mean(0))
    ahead = explained(dynamics(rows(test, before)), true, mean)
    still = explained(rows(test, lambda number: states[number][:-1]), true, mean)
    reward = fit(rows(train, lambda number: states[number]), rows(train, lambda number: rewards[number][:, None]))
    (got, wanted) = (reward(rows(test, lambda number: states[number])), rows(test, lambda number: rewards[number][:, None]))
    share = explained(got, wanted, rows(train, lambda number: rewards[number]).mean())
    together = torch.corrcoef(torch.cat([got, wanted], 1).T)[0, 1]
    print(f"{name:22} {states[0].shape[1]:8} {ahead:14.3f} {still:14.3f} {share:10.3f} {float(together):12.3f}")
    return share


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("latents", help="folder that mae embed --per-episode wrote")
    parser.add_argument("episodes", help="the episodes themselves, for their pixels")
    arguments = parser.parse_args()
    latents, originals = episodes(arguments.latents), episodes(arguments.episodes)
    names = [name for name in latents if name in originals]
    for name in names:
        for key in ("latent", "action", "reward"):
            if key not in latents[name]:
                raise SystemExit(f"{arguments.latents}/{name}: there is no array {key}; write it with mae embed --per-episode")
    if len(names) < 5:
        raise SystemExit(f"{len(names)} episodes stand in both folders; at least 5 are needed, a fifth of them to measure on")
    test = set(range(len(names) - len(names) // 5, len(names)))
    actions = [latents[name]["action"].reshape(len(latents[name]["action"]), -1) for name in names]
    rewards = [latents[name]["reward"].reshape(-1) for name in names]
    states = [latents[name]["latent"] for name in names]
    view = next(key for key, value in originals[names[0]].items() if value.dtype == numpy.uint8 and value.ndim == 4)
    pictures = [originals[name][view] for name in names]
    print(f"{len(names) - len(test)} episodes to learn from, {len(test)} to measure on; the mean explains 0")
    print(f"{'state':22} {'numbers':>8} {'next row':>14} {'stays as it is':>14} {'reward':>10} {'correlation':>12}")
    own = measure("latents", states, actions, rewards, test)
    measure("pixels, as many", [small(each, states[0].shape[1]) for each in pictures], actions, rewards, test)
    whole = measure("pixels, all", [small(each, each[0].size) for each in pictures], actions, rewards, test)
    print("latents tell more of the reward than" if own > max(whole, 0) else "latents tell no more of the reward than", "pixels do")


if __name__ == "__main__":
    main()
