#!/usr/bin/env bash
# Makes the manual page of mae and completions for bash, zsh and fish from the program itself, and puts them where `man` and the shells
# look for them below PREFIX.
#
#   samples/install-manual.sh [PREFIX [PROGRAM]]     PREFIX is a folder, ~/.local unless told; PROGRAM is built unless told
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi
if (($# > 2)) || [[ ${1:-} == -* ]]; then
  echo "usage: samples/install-manual.sh [PREFIX [PROGRAM]]" >&2
  exit 64
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
share=${1:-$HOME/.local}/share
# build PRODUCT: builds it, and prints where it is.
build() {
  swift build -c release --package-path "$root" --product "$1" >&2
  echo "$(swift build -c release --package-path "$root" --show-bin-path)/$1"
}
program=${2:-$(build mae)}
manual=$(mktemp -d)
trap 'rm -rf "$manual"' EXIT
"$(build generate-manual)" "$program" --output-directory "$manual"

# put FILE: standard input becomes a file below share/.
put() {
  mkdir -p "$share/$(dirname "$1")"
  cat >"$share/$1"
  echo "$share/$1"
}
put man/man1/mae.1 <"$manual/mae.1"
"$program" --generate-completion-script bash | put bash-completion/completions/mae
"$program" --generate-completion-script zsh | put zsh/site-functions/_mae
"$program" --generate-completion-script fish | put fish/vendor_completions.d/mae.fish
