import MAEModels

extension AnySetting {
  /// What the ways of fine-tuning have: the value of the one that is taken unless another is asked for, then others with the
  /// ways that have them, as `0.75; 0.65 of mae-base`.
  package var fineTuningValues: String {
    var values: [(text: String, presets: [String])] = []
    for (preset, recipe) in fineTuningRecipes where isRead(by: recipe) {
      let text = text(in: recipe) ?? "none"
      if let known = values.firstIndex(where: { $0.text == text }) {
        values[known].presets.append(preset.rawValue)
      } else {
        values.append((text, [preset.rawValue]))
      }
    }
    guard !values.isEmpty else { return "none" }
    let others = values.dropFirst().map { "\($0.text) of \($0.presets.joined(separator: ", "))" }
    return ([values[0].text] + others).joined(separator: "; ")
  }
}

/// A recipe of each published way of fine-tuning.
private let fineTuningRecipes = FineTuningPreset.allCases.map { preset in
  let method: Method =
    switch preset.samples {
    case .stills, nil: .mae
    case .clips: preset == .maeSTLarge ? .maeST : .videomae
    }
  return (preset, preset.recipe(method.model(.base), classes: ["a", "b"], samples: 1_000_000))
}
