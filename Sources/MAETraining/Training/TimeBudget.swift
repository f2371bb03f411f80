/// Plans how many steps a run has so that it ends within its time, by what steps are seen to take.
///
///     guess        before the first step, by steps on random pixels
///     plan         after five steps that warm up and twenty that are measured; fewer where few fit
///     correction   once, from half of the time on, where the run would end more than a twentieth too late
///
/// It reads no clock: how much time has passed is told.
package struct TimeBudget {
  /// What else a run spends time on, in seconds.
  package struct Costs {
    /// Evaluations, as a share of each step.
    package var perStep: Double
    /// Checkpoints to come, the last evaluation, and all looks of a guide at all pictures, which steps are timed without.
    package var apart: Double

    package init(perStep: Double = 0, apart: Double = 0) { (self.perStep, self.apart) = (perStep, apart) }
  }

  /// What has been planned so far.
  package private(set) var plan: TimePlan
  private let limit: Double
  private let most: Int
  /// What steps cost beside each other.
  private let steps: StepCosts
  /// Where this part of the run began to be timed, and two marks, at least a twentieth of the time apart, that move along.
  private var start: Mark?
  private var marks: (older: Mark, newer: Mark)?

  private struct Mark {
    var step: Int
    var elapsed: Double
  }

  private static let (warmUp, measured) = (5, 20)
  /// Of the time; the rest is for what was not foreseen.
  private static let planned = 0.98

  /// - Parameters:
  ///   - limit: of the whole run, in seconds.
  ///   - most: steps that the run has however much time there is; nil for as many as fit.
  ///   - plan: of the run so far.
  ///   - steps: what they cost beside each other.
  package init(limit: Double, most: Int?, plan: TimePlan, steps: StepCosts = .equal) {
    (self.limit, self.most, self.plan, self.steps) = (limit, most ?? .max, plan, steps)
  }

  /// A run that begins, or goes on without a plan, after `step` steps.
  ///
  /// - Parameters:
  ///   - secondsPerStep: of the mean step.
  ///   - elapsed: seconds that the run took so far.
  package init(
    limit: Double, most: Int?, secondsPerStep: Double, after step: Int, elapsed: Double, steps: StepCosts = .equal
  ) {
    self.init(limit: limit, most: most, plan: TimePlan(lengths: []), steps: steps)
    plan.lengths = [length(after: step, elapsed, secondsPerStep, Costs())]
  }

  /// Takes note that `step` steps are done.
  ///
  /// - Parameter elapsed: seconds that the run took so far, everything included but looks at all pictures.
  /// - Returns: a new length, if one was planned.
  package mutating func update(after step: Int, elapsed: Double, costs: Costs) -> TimePlan.Length? {
    // Steps that are done again follow what was planned for them.
    guard let last = plan.lengths.last, last.after <= step else { return nil }
    let now = Mark(step: step, elapsed: elapsed)
    let length =
      switch plan.lengths.count {
      case 1: measuredLength(last, now, costs)
      case 2: correctedLength(last, now, costs)
      default: nil as TimePlan.Length?
      }
    guard let length else { return nil }
    plan.lengths.append(length)
    (start, marks) = (nil, nil)
    return length
  }

  private mutating func measuredLength(_ last: TimePlan.Length, _ now: Mark, _ costs: Costs) -> TimePlan.Length? {
    let first = start ?? now
    start = first
    let left = last.steps - first.step
    let warmUp = min(Self.warmUp, left / 8)
    if now.step == first.step + warmUp { marks = (now, now) }
    guard let marks, now.step - marks.older.step >= max(1, min(Self.measured, left / 4)) else { return nil }
    // A length that is only guessed ends no phase.
    let cost = steps.cost(of: steps.phase(after: last.after, of: last.steps))
    let mean = (now.elapsed - marks.older.elapsed) / (Double(now.step - marks.older.step) * cost)
    return length(after: now.step, now.elapsed, mean, costs)
  }

  private mutating func correctedLength(_ last: TimePlan.Length, _ now: Mark, _ costs: Costs) -> TimePlan.Length? {
    let first = start ?? now
    start = first
    let (older, newer) = marks ?? (now, now)
    marks = now.elapsed - newer.elapsed >= limit / 20 ? (newer, now) : (older, newer)
    guard now.elapsed >= limit / 2, now.step - first.step >= max(1, min(Self.measured, last.steps / 8)), now.step < last.steps
    else { return nil }
    // All that was seen decides whether the machine is slower; how slow it is now, the last of it.
    let rest =
      (steps.work(after: last.steps, of: last.steps) - steps.work(after: now.step, of: last.steps))
      * seconds(from: first, to: now, of: last.steps)
    guard now.elapsed + costs.apart + rest > 1.05 * limit else { return nil }
    let corrected = length(after: now.step, now.elapsed, seconds(from: older, to: now, of: last.steps), costs)
    return corrected.steps < last.steps ? corrected : nil
  }

  private func length(after step: Int, _ elapsed: Double, _ secondsPerStep: Double, _ costs: Costs) -> TimePlan.Length {
    let seconds = Self.planned * limit - elapsed - costs.apart
    let fitting = max(1, steps.fitting(after: step, in: seconds, mean: secondsPerStep, extra: costs.perStep))
    return TimePlan.Length(after: step, steps: min(max(most, step + 1), step + fitting), secondsPerStep: secondsPerStep)
  }

  /// What the mean step of a run of `length` steps takes.
  ///
  /// - Precondition: steps lie between the marks.
  private func seconds(from older: Mark, to newer: Mark, of length: Int) -> Double {
    (newer.elapsed - older.elapsed) / (steps.work(after: newer.step, of: length) - steps.work(after: older.step, of: length))
  }
}
