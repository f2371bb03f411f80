import Foundation
import MAEModels

extension TrainingPlan {
  /// Settings, as flags, with each of which alone the whole run would take about so long, or all together where none of them
  /// alone is enough; the cost of a step is taken to follow its tokens and the square of the encoder's width.
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
    guard settings.isEmpty else { return settings }
    // None of them alone: the smallest model, on pictures as small as it takes, for as many steps as then fit.
    let tiny = share * cost(recipe.preset) / cost(.tiny)
    let little = max(4, Int(Double(input.size.shorterSide) * min(1, tiny).squareRoot()) / input.patch) * input.patch
    guard little < input.size.shorterSide else { return [] }
    let step = secondsPerStep * cost(.tiny) / cost(recipe.preset) * pow(Double(little) / Double(input.size.shorterSide), 2)
    let count = min(steps, Int(seconds / step))
    guard count >= 100 || count == steps else { return [] }
    return ["--preset tiny --input-size \(little)" + (count < steps ? " --steps \(count)" : "")]
  }
}
