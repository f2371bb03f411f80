#!/usr/bin/env bash
# Installs the Debian packages that swift-mae is built with, and those named as arguments; only what is missing.
set -euo pipefail

wanted=(
  pkg-config libavformat-dev libavcodec-dev libswscale-dev libopenblas-dev libfreetype-dev zlib1g-dev "$@"
)

if ! command -v swift >/dev/null; then
  echo "Swift is missing: install Swift 6.3 or newer from https://www.swift.org/install/linux and start this again." >&2
  exit 69
fi

if ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian system. Please see that it has what these Debian packages hold: ${wanted[*]}"
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  if [[ $state != installed ]]; then missing+=("$package"); fi
done

if ((${#missing[@]} == 0)); then
  echo "Packages: all installed (${wanted[*]})."
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
    exit 69
  fi
  as_root=(sudo)
fi

echo "Packages: installing ${missing[*]} with apt-get."
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "Packages: done."
