#!/usr/bin/env bash
# Checks what a reader sees before anything is built: format, line lengths, documentation, shell scripts, and that the manifest names every
# module that a target imports. Prints every finding; ends with 1 when there is one.
#
#   Tests/lint.sh [--imports]
#
#   --imports   also builds with the compiler's check of undeclared imports (takes as long as a build)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
failed=0
finding() { printf '%s\n' "$*"; failed=1; }

# Formatting and documentation of public declarations; .swift-format says which rules hold.
swift format lint --strict --parallel --recursive Package.swift Sources Tests samples || failed=1

# The formatter keeps a long line that it cannot break, and says nothing.
while IFS= read -r place; do finding "$place: longer than 130 characters; break it"; done < <(
  git ls-files -z '*.swift' '*.c' '*.h' | xargs -0 -r awk 'length($0) > 130 { print FILENAME ":" FNR }'
)

while IFS= read -r script; do
  bash -n "$script" || failed=1
done < <(git ls-files '*.sh')

if [[ ${1:-} == --imports ]]; then
  swift build -c release --explicit-target-dependency-import-check error >/dev/null || failed=1
fi

((failed == 0)) && echo "Lint: nothing found."
exit "$failed"
