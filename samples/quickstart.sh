#!/usr/bin/env bash
# From nothing to reconstructed clips: installs what is missing, builds, pretrains a tiny VideoMAE on samples/clips, and lets it
# complete clips of which it sees a tenth. Takes about eight minutes on two cores; started again, it goes on where it was.
#
#   samples/quickstart.sh [OUTPUT]      OUTPUT is a folder, ./quickstart unless told
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi
if (($# > 1)) || [[ ${1:-} == -* ]]; then
  echo "usage: samples/quickstart.sh [OUTPUT]" >&2
  exit 64
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-quickstart}
clips=$root/samples/clips
started=$SECONDS
steps=2000

say() { printf '\n== %s\n' "$*"; }

say "1 of 4  Packages"
"$root/samples/install-packages.sh"

say "2 of 4  Building the release version of mae (swift build -c release)"
swift build -c release --package-path "$root" --product mae
mae=$(swift build -c release --package-path "$root" --show-bin-path)/mae

say "3 of 4  Pretraining a tiny VideoMAE on $clips for $steps steps; output goes to $out"
# Small pictures and patches, so that many steps fit into minutes; pixels as they are, so that the colours of the pictures are the
# model's own.
"$mae" pretrain "$clips" -o "$out" --preset tiny --input-size 64 --patch-size 8 --num-frames 8 --no-norm-pix-loss \
  --steps "$steps" --batch-size 8

say "4 of 4  Completing clips of which nine tenths are hidden"
inputs=()
for folder in "$clips"/*/; do
  files=("$folder"*.mp4)
  inputs+=("${files[0]}")
done
"$mae" reconstruct "${inputs[@]:0:4}" -m "$out" -o "$out/reconstructions"

say "Done after $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s. Pictures (png) and films (mp4):"
find "$(cd -- "$out/reconstructions" && pwd)" -maxdepth 1 -type f \( -name '*.png' -o -name '*.mp4' \) | sort
