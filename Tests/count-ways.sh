#!/usr/bin/env bash
# Counts files that a change or a value touches, and fails where there are too many.
#
#   pretrain --mask-ratio   files under Sources that the value passes, from the flag to the masking; each must still hold the line
#                           that takes it on. Reading of foreign files and tests are apart.
#   a new masking with a setting of its own, a new method, a new metric, a new export format: the files of one that is there.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
failed=0

# way NAME LIMIT FILE PATTERN [FILE PATTERN]…: every file must match its pattern.
way() {
  local name=$1 limit=$2 count=0
  shift 2
  echo "$name"
  while (($#)); do
    if grep -qE -- "$2" "$1"; then echo "  $1"; else echo "  $1: '$2' is not there any more"; failed=1; fi
    count=$((count + 1))
    shift 2
  done
  echo "  $count files, at most $limit"
  ((count <= limit)) || failed=1
}

way "the value of pretrain --mask-ratio" 8 \
  Sources/mae/Options/RecipeFlags.swift '@Option\(\\\.maskRatio\)' \
  Sources/mae/Commands/PretrainCommand.swift 'model\.changes\(\)' \
  Sources/MAERecipes/Recipe/RecipeResolution.swift 'change\.apply\(to: &self' \
  Sources/MAERecipes/Settings/Setting.swift 'assign\(value, &recipe\)' \
  Sources/MAERecipes/Settings/RecipeValue+Plain.swift 'Self: LosslessStringConvertible' \
  Sources/MAERecipes/Settings/Settings.swift '\\\.model\.masking\.ratio' \
  Sources/MAEModels/Configuration/MaskingConfiguration.swift 'guard ratio > 0' \
  Sources/MAEModels/Masking/RandomMasking.swift 'configuration\.visibleUnits\('

# What names this setting and nothing else: these files change with it.
echo "files that name it on that way: $(grep -lE 'maskRatio|masking\.ratio' Sources/mae/Options/*.swift Sources/mae/Commands/PretrainCommand.swift \
  Sources/MAERecipes/*/*.swift | wc -l)"

# A masking of a program is one file (Tests/MAERecipesTests/OwnOptionsTests.swift holds a whole one); among the built-in ones it
# stands in the list besides.
way "a masking with a setting of its own" 2 \
  Tests/MAERecipesTests/OwnOptionsTests.swift 'static let options' \
  Sources/MAEModels/Catalogue.swift 'RandomMasking\.self'
way "a method without new computation" 2 \
  Sources/MAEModels/Methods/UMAE.swift 'static let uMAE' \
  Sources/MAEModels/Catalogue.swift '\.uMAE'
way "a metric, from formula to page" 2 \
  Sources/MAEEvaluation/Analysis/Metrics/MeanPatchSimilarity.swift 'presentation' \
  Sources/MAEEvaluation/Analysis/MetricCatalogue.swift 'MeanPatchSimilarity'
way "an export format" 2 \
  "$(grep -lE 'struct [A-Za-z]+: ExportTarget' -r Sources/MAECheckpoint | sort | head -1)" 'ExportTarget' \
  "$(grep -lE 'enum ExportTargets' -r Sources/MAECheckpoint | head -1)" 'static let all'

# Only its own file and the list name a method; what guesses the method of foreign weights is apart.
others=$(grep -rlE '\.uMAE\b' Sources | grep -vE 'Methods/UMAE|Catalogue|ConfigurationInference' || true)
if [ -n "$others" ]; then echo "u-mae is named elsewhere as well: $others"; failed=1; fi
exit "$failed"
