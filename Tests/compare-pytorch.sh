#!/usr/bin/env bash
# Training steps of mae beside those of PyTorch (eager and torch.compile) on this machine, in turn, so that both meet the same
# conditions: ratios of pairs mean something on a noisy machine, times do not.
#
#   Tests/compare-pytorch.sh [--pairs N] [--steps N] [--cases "mae-tiny siammae-small"] [--results FILE] [--mae PROGRAM]
#                            [--onednn PROGRAM] [--eager-only]
#   Tests/compare-pytorch.sh --scaling [--mae PROGRAM]
#
# Prints a table; the raw results, one JSON object per line, are added to FILE (default .build/compare-pytorch.jsonl), and the table
# is of all that FILE has. The first run makes a Python environment in .build/pytorch-venv (about 1.5 GB; MAE_PYTORCH_VENV names
# another). --onednn names a build with --traits OneDNN, which then takes part in every turn. With --scaling: how the time of a
# step grows with batch, depth and visible tokens.
set -euo pipefail
cd "$(dirname "$0")/.."

pairs=5 steps=4 scaling=no compile=yes
cases="mae-tiny mae-base videomae-small videomae-base siammae-small"
results=.build/compare-pytorch.jsonl
mae=.build/release/mae onednn=
while [ $# -gt 0 ]; do
  case "$1" in
    --pairs) pairs=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --cases) cases=$2; shift 2 ;;
    --results) results=$2; shift 2 ;;
    --mae) mae=$2; shift 2 ;;
    --onednn) onednn=$2; shift 2 ;;
    --eager-only) compile=no; shift ;;
    --scaling) scaling=yes; shift ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "Tests/compare-pytorch.sh: unknown argument $1; see --help" >&2; exit 64 ;;
  esac
done
for program in "$mae" ${onednn:+"$onednn"}; do
  [ -x "$program" ] || { echo "There is no $program; build it with: swift build -c release --product mae" >&2; exit 66; }
done
threads=${MAE_THREADS:-$(nproc)}

if [ $scaling = yes ]; then
  grows() {
    echo; echo "### $1"; echo; shift
    "$mae" bench step --repetitions "$steps" --threads "$threads" "$@"
  }
  grows "Batch" --method videomae --preset small --batch-size 1,2,4,8
  grows "Depth" --method videomae --preset small --batch-size 4 --depth 3,6,12,24
  grows "Visible tokens" --method mae --preset small --batch-size 8 --mask-ratio 0.95,0.9,0.75,0.5
  exit 0
fi

venv=${MAE_PYTORCH_VENV:-.build/pytorch-venv}
python=$venv/bin/python
if ! "$python" -c 'import torch, transformers' 2>/dev/null; then
  [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" || {
    # Debian packs venv apart from Python.
    samples/install-packages.sh python3-venv
    python3 -m venv "$venv"
  }
  install() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
  # The CPU build where the package index has it; the full one works as well.
  { install "torch==2.13.0+cpu" 2>/dev/null || install "torch==2.13.0"; } && install "transformers==5.23.0" numpy || {
    echo "Tests/compare-pytorch.sh: PyTorch cannot be installed; see that pip reaches its package index" >&2
    exit 69
  }
fi
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error

# add CASE PAIR WHO < one JSON object, or a list of one
add() {
  "$python" -c '
import json, sys
row = json.load(sys.stdin)
row = row[0] if isinstance(row, list) else row
print(json.dumps({"case": sys.argv[1], "pair": int(sys.argv[2]), "who": sys.argv[3], **row}))' "$@" >> "$results"
}

size_of() {
  case "$1" in
    mae-tiny) echo 32 ;; mae-base | siammae-small) echo 16 ;; videomae-small) echo 4 ;; videomae-base) echo 2 ;;
    *) echo "There is no case $1; the cases are: mae-tiny mae-base videomae-small videomae-base siammae-small" >&2; exit 64 ;;
  esac
}

# step PROGRAM: the steps of $case
step() {
  "$1" bench step --method "${case%-*}" --preset "${case#*-}" --batch-size "$size" --repetitions "$steps" --threads "$threads" \
    --format json
}

mkdir -p "$(dirname "$results")"
touch "$results"
for case in $cases; do
  size=$(size_of "$case")
  done_before=$(grep -c "\"case\": \"$case\".*\"who\": \"ours\"" "$results" || true)
  for ((pair = done_before + 1; pair <= done_before + pairs; pair++)); do
    echo "$case, pair $pair" >&2
    step "$mae" | add "$case" $pair ours
    [ -z "$onednn" ] || step "$onednn" | add "$case" $pair onednn
    [ "${case%-*}" = siammae ] && continue  # transformers has none
    "$python" Tests/Comparison/pytorch_step.py "$case" --steps "$steps" --threads "$threads" | add "$case" $pair eager
    [ $compile = no ] && continue
    "$python" Tests/Comparison/pytorch_step.py "$case" --steps "$steps" --threads "$threads" --compile | add "$case" $pair compile
  done
done
"$python" Tests/Comparison/summary.py "$results"
