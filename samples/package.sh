#!/usr/bin/env bash
# Makes, from what HEAD holds, what is needed where there is no Swift: a tarball, and a Debian package that depends on Debian's FFmpeg,
# OpenBLAS and FreeType. Both hold the program with Swift's run time inside, the models, the manual page and completions for shells.
#
#   samples/package.sh [FOLDER]     FOLDER is ./packages unless told
#
# The version is the tag's, or the next one's with the commit's date and name. Both want the Debian release they are made on.
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi
if (($# > 1)) || [[ ${1:-} == -* ]]; then
  echo "usage: samples/package.sh [FOLDER]" >&2
  exit 64
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
out=$(realpath -m -- "${1:-packages}")
"$root/samples/install-packages.sh" dpkg-dev

# Built in a folder of its own, so that nothing gets in that no commit holds; what was built before is built upon.
tree=$root/.build/package
mkdir -p "$tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name .build -exec rm -rf {} +
git -C "$root" archive HEAD | tar -x -C "$tree"

current=$(sed -n 's/.*current = "\(.*\)".*/\1/p' "$tree/Sources/MAETraining/Run/Version.swift")
version=$(git -C "$root" describe --tags --exact-match --match 'v*' 2>/dev/null || true)
version=${version#v}
version=${version:-$current-$(TZ=UTC0 git -C "$root" log -1 --date=format-local:%Y%m%d --format=%cd.%h)}
sed -i "s/current = \".*\"/current = \"$version\"/" "$tree/Sources/MAETraining/Run/Version.swift"

swift build -c release --static-swift-stdlib --package-path "$tree" --product mae
program=$(swift build -c release --static-swift-stdlib --package-path "$tree" --show-bin-path)/mae

# share PREFIX: everything but the program.
share() {
  "$root/samples/install-manual.sh" "$1" "$program" >/dev/null
  mkdir -p "$1/share/swift-mae" "$1/share/doc/swift-mae"
  if [[ -d $tree/samples/models ]]; then cp -r "$tree/samples/models" "$1/share/swift-mae/"; fi
  cp "$tree"/{README.md,CHANGELOG.md} "$1/share/doc/swift-mae/"
  cat "$tree"/{,Sources/CTypeface/}LICENSE >"$1/share/doc/swift-mae/copyright"
}

processor=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

name=swift-mae-$version-linux-$processor
install -D -s "$program" "$work/$name/bin/mae"
share "$work/$name"
tar -C "$work" --owner=0 --group=0 -czf "$out/$name.tar.gz" "$name"

deb=$work/swift-mae
mkdir -p "$deb/DEBIAN" "$work/debian"
install -D -s "$program" "$deb/usr/bin/mae"
share "$deb/usr"
gzip -9n "$deb/usr/share/man/man1/mae.1"
mv "$deb/usr/share/zsh/site-functions" "$deb/usr/share/zsh/vendor-completions"
chmod -R u=rwX,go=rX "$deb"
# Which packages hold the libraries, and which versions will do, is known to dpkg; it wants a source package's control file for that.
echo "Source: swift-mae" >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$deb/usr/bin/mae" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
cat >"$deb/DEBIAN/control" <<CONTROL
Package: swift-mae
Version: ${version/-/\~}
Architecture: $processor
Maintainer: swift-mae <noreply@swift-mae.invalid>
Section: science
Priority: optional
Installed-Size: $(du -sk "$deb/usr" | cut -f1)
Depends: $depends
Description: masked-autoencoder pretraining on images and video
 Trains vision transformers without labels on folders of videos and pictures,
 completes what is hidden, judges what was learned, and carries weights to and
 from PyTorch, transformers and timm. Runs on processors.
CONTROL
dpkg-deb --root-owner-group --build "$deb" "$out/swift-mae_${version/-/\~}_$processor.deb" >/dev/null

ls -1 "$out/$name.tar.gz" "$out/swift-mae_${version/-/\~}_$processor.deb"
