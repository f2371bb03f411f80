#!/usr/bin/env bash
# Builds samples/programs against the library, as a package of their own that sees only what is public, and runs every program in a
# new folder. Takes some minutes.
#
#   Tests/samples.sh
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
package=(--package-path "$root/samples/programs" --scratch-path "$root/.build/programs" -c release)

printf '\n== Building samples/programs\n'
swift build "${package[@]}"
programs=$(swift build "${package[@]}" --show-bin-path)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ln -s "$root/samples" "$folder/samples"
cd "$folder"
for program in TenLines OwnMasking OwnObjective; do
  printf '\n== %s\n' "$program"
  "$programs/$program"
done

for file in pictures/*.png pictures/*.mp4 exported/config.json exported/model.safetensors columns-pictures/*.png \
  columns-pictures/analysis.html linear-pictures/*.png; do
  [[ -s $file ]] || {
    echo "Tests/samples.sh: $file is missing" >&2
    exit 1
  }
done
grep -q 'Length of embeddings' columns-pictures/analysis.html || {
  echo "Tests/samples.sh: the page lacks the metric of OwnMasking" >&2
  exit 1
}
printf '\n== All programs ran\n'
