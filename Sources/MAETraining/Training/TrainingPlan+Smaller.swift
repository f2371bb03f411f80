import MAEModels

extension TrainingPlan {
  /// Settings, as flags, with each of which alone the whole run would take about so long; the cost of a step is taken to follow
  /// its tokens and the square of the encoder's width.
  ///
  /// - Parameters:
  ///   - seconds: for the whole run.
  ///   - secondsPerStep: as measured.
  public func smallerSettings(fitting seconds: Double, secondsPerStep: Double) -> [String] {
    let share = seconds / (secondsPerStep * Double(steps))
    guard share < 1 else { return [] }
    var settings: [String] = []
    let fewer = Int(seconds / secondsPerStep)
    if fewer >= 100 { settings.append("--steps \(fewer)") }
    func cost(_ size: ModelSize) -> Double { Double(size.encoder.width * size.encoder.width * size.encoder.depth) }
    let smaller = ModelSize.allCases.last { cost($0) <= share * cost(recipe.preset) }
    if let smaller { settings.append("--preset \(smaller.rawValue)") }
    let input = recipe.model.input
    let side = Int(Double(input.size.shorterSide) * share.squareRoot()) / input.patch * input.patch
    if side >= 4 * input.patch { settings.append("--input-size \(side)") }
    return settings
  }
}
