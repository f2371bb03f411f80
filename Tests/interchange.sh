#!/usr/bin/env bash
# Checks that weights travel to Python's libraries and back: torch, transformers, timm.
#
#   Tests/interchange.sh
#
# Makes a virtual environment (in .build/interchange-venv; MAE_INTERCHANGE_VENV names another), trains a tiny model of every
# method for a few steps, exports it, loads the exports with the libraries and compares what they compute; then reads what
# the libraries save, and classifies with it; then computes reference cases of further sizes and flags in PyTorch and runs our
# tests over them; then computes the metrics of `mae analyze` with NumPy, and what attention brings to each token with a hook in
# transformers.
# Prints one line per comparison and ends with 1 when one differs, with 69 when the libraries cannot be installed.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
venv=${MAE_INTERCHANGE_VENV:-$root/.build/interchange-venv}
say() { printf '\n== %s\n' "$*"; }

say "Python libraries ($venv)"
if ! "$venv/bin/python" -c 'import torch, transformers, safetensors, timm.version' 2>/dev/null; then
  if ! [ -x "$venv/bin/pip" ]; then
    python3 -m venv "$venv" 2>/dev/null || {
      # Debian packs venv apart from Python.
      "$root/samples/install-packages.sh" python3-venv
      python3 -m venv "$venv"
    }
  fi
  install() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
  # The CPU build where the package index has it; the full one works as well.
  # timm without its dependencies: torchvision's wheel does not fit the CPU build of torch.
  { install "torch==2.13.0+cpu" 2>/dev/null || install "torch==2.13.0"; } &&
    install "transformers==5.23.0" safetensors numpy pillow && install --no-deps "timm==1.0.31" || {
    echo "Tests/interchange.sh: the Python libraries cannot be installed; see that pip reaches its package index" >&2
    exit 69
  }
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/models"
export MAE_INTERCHANGE=$folder/models HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error
# The trait with which Tests/run.sh has built: without it everything would be built anew.
traits=${MAE_TEST_TRAITS:+--traits=$MAE_TEST_TRAITS}
ours() { # NAME OF THE LOG, TESTS
  swift test -c release ${traits:+"$traits"} --disable-xctest --package-path "$root" --filter "$2" </dev/null >"$folder/$1.log" 2>&1 || {
    cat "$folder/$1.log"
    echo "Tests/interchange.sh: our side failed ($1)" >&2
    exit 1
  }
  # A filter that finds nothing is no success.
  grep -qE 'Test run with [1-9]' "$folder/$1.log" || {
    echo "Tests/interchange.sh: no test ran for $2" >&2
    exit 1
  }
}

say "Train and export a tiny model of every method"
MAE_INTERCHANGE_DIRECTION=write ours write InterchangeTests
say "Load the exports, compare, save models of the libraries"
"$venv/bin/python" "$root/Tests/Interchange/interchange.py" "$folder/models"
say "Read what the libraries saved"
MAE_INTERCHANGE_DIRECTION=read ours read InterchangeTests
grep -E ': (prediction|features)' "$folder/read.log"
say "Classify with folders that transformers saved"
program=$(swift build -c release --package-path "$root" --show-bin-path)/mae
"$venv/bin/python" "$root/Tests/Interchange/classified.py" make "$folder/classified"
for kind in image video; do
  "$program" classify "$folder/classified/$kind/data" -m "$folder/classified/$kind/model" --format csv \
    >"$folder/classified/$kind/ours.csv" 2>"$folder/classify.log" || {
    cat "$folder/classify.log"
    exit 1
  }
done
"$venv/bin/python" "$root/Tests/Interchange/classified.py" check "$folder/classified"
say "Reference cases of further sizes and flags"
"$venv/bin/python" "$root/Tests/Interchange/cases.py" "$folder/cases"
MAE_REFERENCE_CASES=$folder/cases ours cases ReferenceCases
grep -E ': outputs' "$folder/cases.log"
say "Metrics of an analysis, computed once more with NumPy"
fixtures=$root/Tests/MAEEvaluationTests/Fixtures
for model in stills clips; do
  "$program" analyze "$fixtures/$model" --data "$fixtures/pictures" -o "$folder/analysis-$model" \
    --tensors "$folder/analysis-$model.safetensors" >"$folder/analysis.log" 2>&1 || {
    cat "$folder/analysis.log"
    exit 1
  }
  "$venv/bin/python" "$root/Tests/Interchange/analysis.py" check \
    "$folder/analysis-$model.safetensors" "$folder/analysis-$model/analysis.json"
done
say "What attention brings to each token, and a hook in transformers"
"$venv/bin/python" "$root/Tests/Interchange/attended.py" make "$fixtures/stills" "$folder/pictures"
"$program" analyze "$fixtures/stills" --data "$folder/pictures" -o "$folder/attended" --tensors "$folder/attended.safetensors" \
  >"$folder/analysis.log" 2>&1 || {
  cat "$folder/analysis.log"
  exit 1
}
"$venv/bin/python" "$root/Tests/Interchange/attended.py" check "$fixtures/stills" "$folder/pictures" \
  "$folder/attended.safetensors" 2>"$folder/analysis.log" || {
  cat "$folder/analysis.log"
  exit 1
}
say "Interchange: all agree"
