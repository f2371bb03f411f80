import MAEModels

/// What the steps of a run cost, by its phases; the mean step of the run costs 1.
///
/// Costs follow the floating-point operations of products and attention, which are counted and not timed: they are the same
/// whenever and wherever a run is continued.
public struct StepCosts: Hashable, Sendable {
  /// Operations of a step, forward and backward, for each phase; empty where they were not counted, since there is one phase.
  public let flops: [Int]
  /// The share of the run's steps at which each phase begins.
  private let starts: [Double]
  private let costs: [Double]

  /// Of a run whose steps are all alike.
  public static let equal = StepCosts(starts: [0], flops: [])

  /// - Parameters:
  ///   - starts: shares of the run, ascending from 0.
  ///   - flops: of a step, for each phase.
  package init(starts: [Double], flops: [Int]) {
    (self.starts, self.flops) = (starts, flops)
    guard starts.count > 1 else {
      costs = [1]
      return
    }
    let lengths = zip(starts, starts.dropFirst() + [1]).map { $1 - $0 }
    let mean = zip(lengths, flops).reduce(0.0) { $0 + $1.0 * Double($1.1) }
    costs = flops.map { Double($0) / mean }
  }

  /// Counts the operations of a step in each phase of a recipe; nothing is computed.
  ///
  /// - Throws: ``ConfigurationError`` or ``MaskingError``.
  public init(_ recipe: Recipe) throws {
    let phases = recipe.phases
    guard phases.count > 1 else {
      self = .equal
      return
    }
    let flops = try phases.map { phase in
      let plan = try MemoryPlan(Model(phase.recipe.model, seed: nil), run: recipe.run, threads: 1, workers: -1)
      return plan.flops * recipe.run.accumulation
    }
    self.init(starts: phases.map(\.start), flops: flops)
  }

  /// The phase of the step that follows `step` others in a run of `steps`.
  public func phase(after step: Int, of steps: Int) -> Int {
    starts.indices.last { start(of: $0, in: steps) <= step } ?? 0
  }

  /// The steps before a phase, in a run of `steps`.
  public func start(of phase: Int, in steps: Int) -> Int { Int((starts[phase] * Double(steps)).rounded()) }

  /// The steps of a phase, as steps that are done before them, in a run of `steps`.
  public func steps(of phase: Int, in steps: Int) -> Range<Int> {
    start(of: phase, in: steps)..<(phase + 1 < starts.count ? start(of: phase + 1, in: steps) : steps)
  }

  /// What a step of a phase costs.
  public func cost(of phase: Int) -> Double { costs[phase] }

  /// The share of a phase in what all steps cost.
  public func share(of phase: Int) -> Double {
    ((phase + 1 < starts.count ? starts[phase + 1] : 1) - starts[phase]) * costs[phase]
  }

  /// What the first `step` of `steps` steps cost.
  public func work(after step: Int, of steps: Int) -> Double {
    guard costs.count > 1 else { return Double(step) }
    return costs.indices.reduce(0) { sum, phase in
      let range = self.steps(of: phase, in: steps)
      return sum + costs[phase] * Double(max(0, min(step, range.upperBound) - range.lowerBound))
    }
  }

  /// How many more steps fit after `step` of them; 0 where none does.
  ///
  /// - Parameters:
  ///   - seconds: that are left.
  ///   - mean: seconds of the run's mean step.
  ///   - extra: seconds that come to every step, whatever it costs.
  package func fitting(after step: Int, in seconds: Double, mean: Double, extra: Double) -> Int {
    func most(_ cost: Double) -> Int { max(0, Int(seconds / max(1e-6, mean * cost + extra))) }
    guard costs.count > 1 else { return most(1) }
    // The longer the run, the later each phase: what is left costs more with every step.
    var (fits, fails) = (0, most(costs.min() ?? 1) + 1)
    while fails - fits > 1 {
      let middle = (fits + fails) / 2
      let steps = step + middle
      let left = work(after: steps, of: steps) - work(after: step, of: steps)
      if left * mean + Double(middle) * extra <= seconds { fits = middle } else { fails = middle }
    }
    return fits
  }
}
