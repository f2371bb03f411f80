#!/usr/bin/env bash
# Builds the documentation of all modules together, as a website in FOLDER. The plugin warns of names in comments that are another module's,
# which become code instead of links.
#
#   Tests/documentation.sh [FOLDER]     FOLDER is .build/documentation unless told
#
# Look at it with any web server, e.g. python3 -m http.server -d .build/documentation, at /documentation.
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi

out=$(realpath -m -- "${1:-$(dirname -- "${BASH_SOURCE[0]}")/../.build/documentation}")
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# The plugin joins the manifest for this alone.
export MAE_DOCUMENTATION=1

targets=()
for folder in Sources/MAE*/ Sources/MaskedAutoencoders/; do targets+=(--target "$(basename "$folder")"); done
rm -rf "$out"
mkdir -p "$out"
swift package --allow-writing-to-directory "$out" generate-documentation "${targets[@]}" \
  --enable-experimental-combined-documentation --output-path "$out"
echo "$out/index.html"
