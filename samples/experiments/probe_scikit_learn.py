"""Logistic regression and neighbours of `mae probe` beside scikit-learn's, on the features that `mae embed` writes.

    python3 samples/experiments/probe_scikit_learn.py MAE CHECKPOINT TRAIN VAL

MAE is the program. Needs numpy and scikit-learn. Ends with 1 when figures differ by more than half a percentage point.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

program, checkpoint, train, val = sys.argv[1:]


def embedded(data, name):
    subprocess.run([program, "embed", data, "-m", checkpoint, "-o", name + ".npy"], check=True, stdout=subprocess.DEVNULL)
    rows = [json.loads(line) for line in pathlib.Path(name + ".jsonl").read_text().splitlines()]
    return np.load(name + ".npy"), [row["label"] for row in rows]


def probed(*flags):
    command = [program, "probe", train, "--val", val, "-m", checkpoint, "--format", "json", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["top1"]


with tempfile.TemporaryDirectory() as folder:
    (x, labels), (test, truth) = embedded(train, folder + "/train"), embedded(val, folder + "/val")

scaler = StandardScaler().fit(x)
failed = False
for c in (0.01, 1):
    model = LogisticRegression(C=c, max_iter=5000).fit(scaler.transform(x), labels)
    theirs, ours = model.score(scaler.transform(test), truth), probed("--kind", "logistic", "--c", str(c))
    failed |= abs(theirs - ours) > 0.005
    print(f"logistic regression, C {c}: scikit-learn {theirs:.4f}, mae probe {ours:.4f}")
for k in (1, 20):
    weights = lambda distance: np.exp((1 - distance) / 0.07)
    model = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=weights).fit(x, labels)
    theirs, ours = model.score(test, truth), probed("--kind", "knn", "--k", str(k))
    failed |= abs(theirs - ours) > 0.005
    print(f"{k} neighbours: scikit-learn {theirs:.4f}, mae probe {ours:.4f}")
sys.exit(failed)
