#!/usr/bin/env bash
# Runs the tests of swift-mae: installs the packages that are missing (ffmpeg among them), builds, tests.
#
#   Tests/run.sh [--long] [--interchange]
#
#   --long          also fuzzing (under sanitizers), soaks and other slow tests
#   --interchange   also the checks against Python libraries (Tests/interchange.sh)
set -euo pipefail

long=0
interchange=0
for argument in "$@"; do
  case $argument in
    --long) long=1 ;;
    --interchange) interchange=1 ;;
    -h | --help)
      sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      echo "Tests/run.sh: unknown argument $argument; expected --long or --interchange" >&2
      exit 64
      ;;
  esac
done

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf '\n== %s\n' "$*"; }

say "Packages"
"$root/samples/install-packages.sh" ffmpeg libopenmpi-dev openmpi-bin

if ((long)); then
  export MAE_LONG_TESTS=1
  say "Tests, the long ones too (swift test -c release)"
else
  say "Tests (swift test -c release)"
fi
mkdir -p "$root/.build"
log=$root/.build/tests.log
# What merely started is left out; the whole output is in the log. A target that imports what it does not name in the manifest is an error.
# With MPI, so that the tests of several processes take place; without a launcher the program is as without it.
export MAE_TEST_TRAITS=MPI
swift test -c release --traits "$MAE_TEST_TRAITS" --disable-xctest --explicit-target-dependency-import-check error --package-path "$root" </dev/null 2>&1 |
  tee "$log" | sed '/^◇ .* started\.$/d'

if ((long)); then
  say "Broken files under sanitizers"
  sanitized=(-c release --disable-xctest --package-path "$root" --scratch-path "$root/.build/sanitized"
    --sanitize address -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined)
  # An allocation of a gigabyte is an error too. Leaks are looked for by the growth of memory.
  ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:max_allocation_size_mb=1024 \
    swift test "${sanitized[@]}" --filter "BrokenFilesTests|ResamplingTests" </dev/null 2>&1 |
    sed '/^◇ .* started\.$/d'
fi

if ((interchange)); then
  say "Interchange with Python libraries (Tests/interchange.sh)"
  "$root/Tests/interchange.sh" </dev/null || {
    # Where nobody is watching, a check that did not take place is a failure.
    (($? == 69)) && [[ ${CI:-} != true ]] || exit 1
    echo "Interchange: skipped, for there are no Python libraries."
  }
fi

say "All passed"
grep -E 'Test run with [0-9]+ tests' "$log" | tail -n 1
