#!/usr/bin/env bash
# Runs every command that README.md shows under "Use it", one after the other, in a new folder on copies of the samples. Models and runs
# are made so small that all of it takes about a minute.
#
#   Tests/readme.sh [PROGRAM]
#
#   PROGRAM   a built mae; without it one is built
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
if (($#)); then
  program=$(realpath -- "$1")
else
  swift build -c release --package-path "$root" --product mae >&2
  program=$(swift build -c release --package-path "$root" --show-bin-path)/mae
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
cd "$folder"

# Commands that would take long get smaller sizes; what is given last holds. Runs on other data need another folder. Twenty epochs are
# the fewest that the self-guided method takes without a given start.
cat >bin/mae <<EOF
#!/usr/bin/env bash
small=()
case "\$1 \${2:-}" in
  pretrain*)
    [[ " \$* " == *" --plan "* ]] || rm -rf run
    small=(--preset tiny --input-size 32 --patch-size 8 --batch-size 8)
    [[ " \$* " == *" --epochs "* ]] || small+=(--epochs 20)
    ;;
  finetune*) small=(--steps 2 --batch-size 4) ;;
  samples*) [[ " \$* " != *" --episodes "* ]] || small=(--episodes 8 --clips 0 --stills 0) ;;
  demo*) small=(--time 2s --clips 8) ;;
  "bench step") small=(--batch-size 1 --repetitions 1) ;;
  "bench decode") small=(--repetitions 1) ;;
  "bench learn") small=(--minutes 0.05) ;;
esac
exec "$program" "\$@" "\${small[@]}"
EOF
chmod +x bin/mae
PATH=$folder/bin:$PATH

# What the commands name.
cp -r "$root/samples/clips" videos
cp -r "$root/samples/stills" photos
cp -r "$root/samples/stills" imagenet
cp -r "$root/samples/stills" more-photos
mkdir shards
tar -C "$root/samples/stills" -cf shards/photos-000000.tar .
printf '%s\n' 'preset: tiny' 'model: {input: {size: 32, patch: 8}}' 'run: {batch-size: 8}' >mine.yaml
cp -r photos train
cp -r photos val
mae samples made --clips 1 --stills 0 --frames 80 >/dev/null
mv made/clips/*/*.mp4 clip.mp4
mae samples made --clips 0 --stills 0 --sequences 2 --frames 6 >/dev/null
mkdir set
cp -r made/sequences/JPEGImages set/images
cp -r made/sequences/Annotations set/masks
mae pretrain photos/ -o run >/dev/null 2>&1
mae export run -o official --format official >/dev/null
mv official/checkpoint.pth weights.pth

count=0
while IFS= read -r command; do
  printf '\n== %s\n' "$command"
  bash -c "$command" 2>log >output || {
    echo "Tests/readme.sh: '$command' ended with $?:" >&2
    cat output log >&2
    exit 1
  }
  tail -n 2 output
  count=$((count + 1))
done < <(sed -n '/^## Use it/,/^As a library/{/^mae /{s/ *#.*//;p}}' "$root/README.md")

((count >= 10)) || {
  echo "Tests/readme.sh: README.md shows $count commands under 'Use it'; expected at least 10" >&2
  exit 1
}
printf '\n== All %d commands of README.md ran\n' "$count"
