#!/usr/bin/env bash
# Checks that weights travel to Python's libraries and back: torch, transformers, timm.
#
#   Tests/interchange.sh
#
# Makes a virtual environment (in .build/interchange-venv; MAE_INTERCHANGE_VENV names another), trains a tiny model of every
# method for a few steps, exports it, loads the exports with the libraries and compares what they compute; then reads what
# the libraries save. Prints one line per comparison and ends with an error when one differs.
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
  # The CPU build where the package index has it; the full one works as well.
  "$venv/bin/pip" install --quiet "torch==2.13.0+cpu" 2>/dev/null || "$venv/bin/pip" install --quiet "torch==2.13.0"
  "$venv/bin/pip" install --quiet "transformers==5.23.0" safetensors numpy pillow
  # Without its dependencies: torchvision's wheel does not fit the CPU build of torch.
  "$venv/bin/pip" install --quiet --no-deps "timm==1.0.31"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export MAE_INTERCHANGE=$folder
ours() {
  MAE_INTERCHANGE_DIRECTION=$1 swift test -c release --disable-xctest --package-path "$root" --filter InterchangeTests \
    </dev/null >"$folder/$1.log" 2>&1 || {
    cat "$folder/$1.log"
    echo "Tests/interchange.sh: our side failed ($1)" >&2
    exit 1
  }
}

say "Train and export a tiny model of every method"
ours write
say "Load the exports, compare, save models of the libraries"
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error "$venv/bin/python" "$root/Tests/Interchange/interchange.py" "$folder"
say "Read what the libraries saved"
ours read
grep -E ': (prediction|features)' "$folder/read.log"
say "Interchange: all agree"
