#!/usr/bin/env bash
# Measures how fast clips come out of files, in turn with Python's decoders: decord, torchcodec, PyAV.
#
#   Tests/decoders.sh [--rounds N] [--raw FILE] [--scaling] VIDEO-OR-FOLDER...
#
# Makes a virtual environment (in .build/decoders-venv; MAE_DECODERS_VENV names another) and builds mae. A clip is 16 frames, 4
# apart, at 224 × 224; every read opens its file, with one thread. Everybody reads the same clips in turn, and only ratios within a
# round count. Prints a table with the median and the spread of the rounds; --raw keeps every single figure, one JSON line each.
# --scaling instead compares what a second thread gains with what a second ffmpeg process gains. Wants a machine that does nothing
# else.
set -euo pipefail

if (($# == 0)) || [[ $1 == -h || $1 == --help ]]; then
  sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit $(($# == 0 ? 64 : 0))
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
venv=${MAE_DECODERS_VENV:-$root/.build/decoders-venv}

if ! "$venv/bin/python" -c 'import decord, av, torchcodec' 2>/dev/null; then
  if ! [ -x "$venv/bin/pip" ]; then
    python3 -m venv "$venv" 2>/dev/null || {
      # Debian packs venv apart from Python.
      "$root/samples/install-packages.sh" python3-venv
      python3 -m venv "$venv"
    }
  fi
  # The CPU build where the package index has it; the full one works as well.
  "$venv/bin/pip" install --quiet "torch==2.13.0+cpu" 2>/dev/null || "$venv/bin/pip" install --quiet "torch==2.13.0"
  "$venv/bin/pip" install --quiet numpy decord av "torchcodec==0.13.0"
fi

if [[ -z ${MAE_PROGRAM:-} ]]; then
  swift build -c release --package-path "$root" --product mae >&2
  MAE_PROGRAM=$(swift build -c release --package-path "$root" --show-bin-path)/mae
fi
exec "$venv/bin/python" "$root/Tests/Decoders/decoders.py" --mae "$MAE_PROGRAM" "$@"
