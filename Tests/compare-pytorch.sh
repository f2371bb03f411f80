#!/usr/bin/env bash
# mae beside PyTorch (eager and torch.compile) on this machine, at its own level of processor instructions and at AVX2. Every figure
# stands beside the processor and the level that it was measured with.
#
#   Tests/compare-pytorch.sh [--pairs N] [--steps N] [--cases "mae-tiny siammae-small"] [--level native|avx2] [--results FILE]
#                            [--mae PROGRAM] [--onednn PROGRAM] [--eager-only]
#   Tests/compare-pytorch.sh learn --data DIR --val DIR [--minutes M] [--recipe A,B] [--seeds N] [--level "native avx2"]
#                            [--peer-minutes M] [--peer "--lr 1e-3 --preset small"] [--output FOLDER] [--mae PROGRAM]
#   Tests/compare-pytorch.sh --scaling [--mae PROGRAM]
#
# Training steps are timed in turn, so that all meet the same conditions: ratios of pairs mean something on a noisy machine, times
# do not. Prints a table; the raw results, one JSON object per line, are added to FILE (default .build/compare-pytorch.jsonl), and the
# table is of all that FILE has. --onednn names a build with --traits OneDNN, which then takes part in every turn. With --scaling: how
# the time of a step grows with batch, depth and visible tokens.
#
# With learn: what recipes of `mae bench learn` (default: defaults) learn in M minutes of processor time (default 10) beside
# transformers' ViTMAE with the paper's recipe in M minutes (default 30), judged by the same probes. FOLDER (default
# .build/learn) has a bench for each level, with table, JSON and page of both; started again, it goes on.
#
# The first run makes a Python environment in .build/pytorch-venv (about 1.5 GB; MAE_PYTORCH_VENV names another).
set -euo pipefail
from=$PWD
cd "$(dirname "$0")/.."

pairs=5 steps=4 scaling=no compile=yes
cases="mae-tiny mae-base videomae-small videomae-base siammae-small"
results=.build/compare-pytorch.jsonl
mae=.build/release/mae onednn=
levels=native learn=no data= val= minutes=10 recipe=defaults seeds=1 peer_minutes=30 peer= output=.build/learn
if [ "${1:-}" = learn ]; then learn=yes; shift; fi
while [ $# -gt 0 ]; do
  case "$1" in
    --pairs) pairs=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --cases) cases=$2; shift 2 ;;
    --results) results=$2; shift 2 ;;
    --mae) mae=$2; shift 2 ;;
    --onednn) onednn=$2; shift 2 ;;
    --level) levels=$2; shift 2 ;;
    --eager-only) compile=no; shift ;;
    --scaling) scaling=yes; shift ;;
    --data) data=$(cd "$from" && realpath -- "$2"); shift 2 ;;
    --val) val=$(cd "$from" && realpath -- "$2"); shift 2 ;;
    --minutes) minutes=$2; shift 2 ;;
    --recipe) recipe=$2; shift 2 ;;
    --seeds) seeds=$2; shift 2 ;;
    --peer-minutes) peer_minutes=$2; shift 2 ;;
    --peer) peer=$2; shift 2 ;;
    -o | --output) output=$(cd "$from" && realpath -m -- "$2"); shift 2 ;;
    -h | --help) sed -n '2,23s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "Tests/compare-pytorch.sh: unknown argument $1; see --help" >&2; exit 64 ;;
  esac
done
if [ $learn = yes ] && ! { [ -n "$data" ] && [ -n "$val" ]; }; then
  echo "Tests/compare-pytorch.sh: learn needs --data and --val, folders with a folder of stills for each class" >&2
  exit 64
fi
for program in "$mae" ${onednn:+"$onednn"}; do
  [ -x "$program" ] || { echo "There is no $program; build it with: swift build -c release --product mae" >&2; exit 66; }
done

# use LEVEL: both sides compute with these instructions from here on.
use() {
  case "$1" in
    native) ;;
    avx2) export MAE_CPU_LEVEL=avx2 ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 ;;
    *) echo "Tests/compare-pytorch.sh: there is no level $1; the levels are: native avx2" >&2; exit 64 ;;
  esac
}
for level in $levels; do (use "$level"); done
[ $learn = yes ] || use "$levels"
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
if ! "$python" -c 'import torch, transformers, PIL' 2>/dev/null; then
  [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" || {
    # Debian packs venv apart from Python.
    samples/install-packages.sh python3-venv
    python3 -m venv "$venv"
  }
  install() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
  # The CPU build where the package index has it; the full one works as well.
  { install "torch==2.13.0+cpu" 2>/dev/null || install "torch==2.13.0"; } && install "transformers==5.23.0" numpy pillow || {
    echo "Tests/compare-pytorch.sh: PyTorch cannot be installed; see that pip reaches its package index" >&2
    exit 69
  }
fi
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error

if [ $learn = yes ]; then
  for level in $levels; do
    (
      use "$level"
      for ((seed = 0; seed < seeds; seed++)); do
        # Flags of the peer are words.
        # shellcheck disable=SC2086
        "$python" Tests/Comparison/pytorch_learn.py --data "$data" --val "$val" --minutes "$peer_minutes" --seed $seed \
          --threads "$threads" --mae "$mae" --output "$output/$level" $peer >&2
      done
      "$mae" bench learn --data "$data" --val "$val" --minutes "$minutes" --recipe "$recipe" --seeds "$seeds" \
        --threads "$threads" -o "$output/$level"
    )
  done
  exit 0
fi

# add CASE PAIR WHO < one JSON object, or a list of one
add() {
  "$python" -c '
import json, sys
row = json.load(sys.stdin)
row = row[0] if isinstance(row, list) else row
processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
print(json.dumps({"case": sys.argv[1], "pair": int(sys.argv[2]), "who": sys.argv[3], "processor": processor, **row}))' "$@" >> "$results"
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
