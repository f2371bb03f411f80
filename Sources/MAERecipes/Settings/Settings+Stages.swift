import MAEModels

extension Settings {
  /// Settings whose value may change over a run, and where the values before the last one stand.
  static let staged: [(value: any AnySetting, stages: any AnySetting)] = [
    (shared.inputSize, shared.inputSizes), (shared.frames, shared.frameCounts), (shared.maskRatio, shared.maskRatios),
  ]
}

extension RecipeChange {
  /// The same with one value for each setting: of `112@50%,224` for the input size, `112@50%` belongs to the schedule.
  var unfolded: [RecipeChange] {
    guard let (value, stages) = Settings.staged.first(where: { $0.value.path == setting.path }) else { return [self] }
    let values: [SettingTree] =
      switch tree {
      case .list(let elements): elements
      case .word(let text), .text(let text):
        text.split(separator: ",", omittingEmptySubsequences: false).map { .word(String($0.trimmingPrefix { $0 == " " })) }
      case .nothing, .group: []
      }
    guard values.count > 1, let last = values.last else { return [self] }
    return [
      RecipeChange(
        stages, .word(values.dropLast().map(\.description).joined(separator: ",")), isFromFile: isFromFile, called: value),
      RecipeChange(value, last, isFromFile: isFromFile),
    ]
  }
}
