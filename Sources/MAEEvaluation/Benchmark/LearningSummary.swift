/// The curves of one recipe, which differ by their seeds.
public struct LearningSummary: Hashable, Sendable {
  /// A share of samples over seeds.
  public struct Share: Hashable, Sendable {
    /// Over the seeds.
    public var mean, least, most: Double
  }

  /// As ``NamedRecipe`` names it.
  public let recipe: String
  /// One for each seed.
  public let curves: [LearningCurve]

  /// Curves by their recipes, in the order in which these come.
  public static func of(_ curves: [LearningCurve]) -> [LearningSummary] {
    curves.reduce(into: [String]()) { if !$0.contains($1.recipe) { $0.append($1.recipe) } }.map { recipe in
      LearningSummary(recipe: recipe, curves: curves.filter { $0.recipe == recipe })
    }
  }

  /// When something was measured: minutes, and nil for the end where a run has come to it.
  public var marks: [Double?] {
    let marks = Set(curves.flatMap(\.points).map(\.mark))
    return marks.sorted { ($0 ?? .infinity) < ($1 ?? .infinity) }
  }

  /// What was measured at a mark; nil where no run has come to it.
  public func share(at mark: Double?, _ kind: KeyPath<LearningCurve.Point, Double>) -> Share? {
    let values = points(at: mark).map { $0[keyPath: kind] }
    guard let least = values.min(), let most = values.max() else { return nil }
    return Share(mean: values.reduce(0, +) / Double(values.count), least: least, most: most)
  }

  /// Minutes of processor time that the runs had taken by then, the mean over the seeds.
  public func minutes(at mark: Double?) -> Double {
    let points = self.points(at: mark)
    return points.reduce(0) { $0 + $1.processorSeconds } / 60 / Double(max(1, points.count))
  }

  private func points(at mark: Double?) -> [LearningCurve.Point] {
    curves.flatMap { curve in curve.points.filter { $0.mark == mark } }
  }
}
