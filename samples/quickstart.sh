#!/usr/bin/env bash
# From nothing to completed clips: installs what is missing, builds, and shows with `mae demo` what a trained model makes of clips it
# never saw, and what a fresh one learns in a minute and a half. Takes some minutes on two cores, most of them building; started
# again, it goes on where it was.
#
#   samples/quickstart.sh [OUTPUT]      OUTPUT is a folder, ./quickstart unless told
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi
if (($# > 1)) || [[ ${1:-} == -* ]]; then
  echo "usage: samples/quickstart.sh [OUTPUT]" >&2
  exit 64
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-quickstart}
times=()
began=$SECONDS

say() { printf '\n== %s\n' "$*"; }
# Notes how long a part took, and says it.
took() {
  times+=("$1 $((SECONDS - began)) s")
  echo "${times[-1]}"
  began=$SECONDS
}

say "1 of 3  Packages"
"$root/samples/install-packages.sh"
took packages

say "2 of 3  Building the release version of mae (swift build -c release)"
swift build -c release --package-path "$root" --product mae
mae=$(swift build -c release --package-path "$root" --show-bin-path)/mae
took build

say "3 of 3  Trained models on clips and stills they never saw, and a fresh one that learns; output goes to $out"
"$mae" demo -o "$out"
took demonstration

say "Done after $SECONDS s ($(printf '%s, ' "${times[@]}" | sed 's/, $//')). Look at $out/index.html. With your own files:"
cat <<END
  $mae pretrain FOLDER -o run
  $mae reconstruct FILE -m run -o pictures
END
