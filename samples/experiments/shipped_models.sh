#!/usr/bin/env bash
# How the models of samples/models were made: renders scenes, trains both, exports them in half precision, and measures them on
# scenes of another seed. Started again, it goes on where it was.
#
#   samples/experiments/shipped_models.sh MAE FOLDER [render|train|export|measure]...     everything unless told
#
# MAE is the program, FOLDER takes scenes, runs and pictures. THREADS is the threads of each run. Seeds, parts and lengths are those
# of the committed models; what is not known of them any more stands in their cards under "not recorded".
set -euo pipefail

if (($# < 2)); then
  sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 64
fi
mae=$1 folder=$2
parts=("${@:3}")
models=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/models
threads=${THREADS:-1}

# Pixels as they are, so that the colours of the pictures are the models' own.
common=(
  --preset tiny --set model.encoder.blocks.width=128 --set model.encoder.blocks.depth=6 --set model.encoder.blocks.heads=4
  --decoder-width 96 --decoder-depth 2 --decoder-heads 3 --no-norm-pix-loss --hflip 0.5 --seed 16
  --threads "$threads" --num-workers 0
)

render() {
  "$mae" samples "$folder/scenes" --clips 2000 --stills 8000 --seed 1000 --size 96 --frames 32
  "$mae" samples "$folder/more" --clips 0 --stills 16000 --seed 3000 --size 96
  "$mae" samples "$folder/slow" --clips 2000 --stills 0 --seed 6000 --size 96 --frames 32 --speed 0.5
  "$mae" samples "$folder/unseen" --clips 0 --stills 64 --seed 2000 --size 96
  "$mae" samples "$folder/unseen" --clips 60 --stills 0 --seed 7000 --size 96 --frames 32 --speed 0.5
}

train() {
  # A running cell shows every place in one of four time slots, a grid every second row and column of patches: no body is wholly
  # hidden.
  local clip=(
    --method videomae --crop multi-scale --mask-type cell --mask-ratio 0.75 --input-size 64 --patch-size 8 --num-frames 8
    --sampling-rate 1 --batch-size 8
  )
  {
    # Three parts, since the first two were stopped; here each runs its cosine to the end.
    "$mae" pretrain "$folder/scenes/clips" -o "$folder/runs/videomae-1" "${common[@]}" "${clip[@]}" --steps 2816
    "$mae" pretrain "$folder/scenes/clips" -o "$folder/runs/videomae-2" --init "$folder/runs/videomae-1" "${common[@]}" \
      "${clip[@]}" --steps 433
    "$mae" pretrain "$folder/scenes/clips" -o "$folder/runs/videomae-3" --init "$folder/runs/videomae-2" "${common[@]}" \
      "${clip[@]}" --steps 1100
    # What moves slowly is seen often enough that a small model can say where it is in between.
    "$mae" pretrain "$folder/slow/clips" -o "$folder/runs/videomae-slow" --init "$folder/runs/videomae-3" "${common[@]}" \
      "${clip[@]}" --lr 7e-4 --warmup-epochs 0.2 --steps 3000
    # And at last whole clips, as they are shown.
    "$mae" pretrain "$folder/slow/clips" -o "$folder/runs/videomae" --init "$folder/runs/videomae-slow" "${common[@]}" \
      "${clip[@]}" --crop centre --lr 7e-4 --warmup-epochs 0.2 --steps 6500
  } &
  # Windows of all sizes first, then stills as they are shown, of the second seed alone.
  local still=(--method mae --mask-type grid --input-size 96 --patch-size 4 --batch-size 8)
  "$mae" pretrain "$folder/scenes/stills" "$folder/more/stills" -o "$folder/runs/mae-windows" "${common[@]}" "${still[@]}" \
    --crop multi-scale --warmup-epochs 0.05 --steps 2500
  "$mae" pretrain "$folder/more/stills" -o "$folder/runs/mae" --init "$folder/runs/mae-windows" "${common[@]}" "${still[@]}" \
    --crop centre --lr 7e-4 --warmup-epochs 0.03 --steps 1500
  wait $!
}

# The cards in samples/models are written by hand, so only the other files are taken.
export_models() {
  for name in videomae mae; do
    "$mae" export "$folder/runs/$name" -o "$folder/export/$name" --dtype float16 --force
    mkdir -p "$models/$name-scenes"
    cp "$folder/export/$name"/{model.safetensors,config.json,preprocessor_config.json} "$models/$name-scenes/"
  done
}

# The last line of each gives the mean over files of the hidden patches' PSNR, of the model and of copying.
measure() {
  "$mae" reconstruct "$folder/unseen/clips" -m "$models/videomae-scenes" -o "$folder/pictures/clips" | tail -n 1
  "$mae" reconstruct "$folder/unseen/stills" -m "$models/mae-scenes" -o "$folder/pictures/stills" | tail -n 1
}

for part in "${parts[@]:-all}"; do
  case $part in
    all)
      render
      train
      export_models
      measure
      ;;
    render | train | measure) "$part" ;;
    export) export_models ;;
    *) echo "$part is no part; they are render, train, export and measure" >&2 && exit 64 ;;
  esac
done
