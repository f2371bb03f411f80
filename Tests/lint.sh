#!/usr/bin/env bash
# Checks what a reader sees before anything is built: format, line lengths, documentation of public declarations, shell scripts. Prints every
# finding; ends with 1 when there is one.
#
#   Tests/lint.sh
set -euo pipefail
export LC_ALL=C.UTF-8
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
failed=0
finding() { printf '%s\n' "$*"; failed=1; }

# Formatting and documentation of public declarations; .swift-format says which rules hold.
swift format lint --strict --parallel --recursive Package.swift Sources Tests samples || failed=1

# The formatter keeps a long line that it cannot break, and says nothing. Characters count, not bytes.
while IFS= read -r place; do finding "$place: longer than 130 characters; break it"; done < <(
  git ls-files -z '*.swift' '*.c' '*.h' | xargs -0 -r grep -nE '^.{131,}' /dev/null | cut -d: -f1,2
)

while IFS= read -r script; do
  bash -n "$script" || failed=1
done < <(git ls-files '*.sh')

((failed == 0)) && echo "Lint: nothing found."
exit "$failed"
