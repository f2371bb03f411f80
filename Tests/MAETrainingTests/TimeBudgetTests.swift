import MAETraining
import Testing

/// Whether runs on machines of all kinds end when they should; time is made up.
@Suite struct TimeBudgetTests {
  private struct Outcome {
    var plan: TimePlan
    var seconds = 0.0
    /// Of the time, where lengths were planned.
    var moments: [Double] = []
    var steps: Int { plan.lengths.last?.steps ?? 0 }
  }

  /// A run whose step number `step` takes `seconds(step, elapsed)`.
  private func run(
    _ limit: Double, most: Int? = nil, guess: Double, costs: TimeBudget.Costs = .init(), steps: StepCosts = .equal,
    _ seconds: (_ step: Int, _ elapsed: Double) -> Double
  ) -> Outcome {
    var budget = TimeBudget(limit: limit, most: most, secondsPerStep: guess, after: 0, elapsed: 0, steps: steps)
    var (step, elapsed, moments) = (0, 0.0, [Double]())
    while step < budget.plan.length(after: step).steps {
      if budget.update(after: step, elapsed: elapsed, costs: costs) != nil { moments.append(elapsed / limit) }
      let phase = steps.phase(after: step, of: budget.plan.length(after: step).steps)
      elapsed += seconds(step, elapsed) * steps.cost(of: phase)
      step += 1
    }
    return Outcome(plan: budget.plan, seconds: elapsed, moments: moments)
  }

  @Test(
    "on a steady machine it ends in the last twentieth of its time, however wrong the guess",
    arguments: [(90.0, 0.05), (90, 1), (3600, 0.3), (28800, 14)], [0.2, 1, 5])
  func steady(machine: (limit: Double, step: Double), guess: Double) {
    let (limit, step) = machine
    // The first steps take their memory from the system.
    let outcome = run(limit, guess: guess * step) { number, _ in number < 2 ? 4 * step : step }
    #expect(outcome.plan.lengths.count == 2)
    #expect((0.95...1).contains(outcome.seconds / limit), "\(outcome)")
  }

  @Test("a machine that becomes slower is noticed once, from half of the time on", arguments: [0.1, 0.4, 0.6, 0.7], [1.3, 2.0])
  func slower(from share: Double, factor: Double) {
    let outcome = run(1000, guess: 0.1) { _, elapsed in elapsed < share * 1000 ? 0.1 : factor * 0.1 }
    #expect(outcome.plan.lengths.count == 3, "\(outcome)")
    #expect(outcome.moments[1] >= 0.5)
    #expect((0.85...1.12).contains(outcome.seconds / 1000), "\(outcome)")
    #expect(outcome.plan.lengths[2].steps < outcome.plan.lengths[1].steps)
  }

  @Test("a moment of other work, or a faster machine, changes no plan")
  func unimportant() {
    let moment = run(1000, guess: 0.1) { _, elapsed in (520..<540).contains(elapsed) ? 0.3 : 0.1 }
    #expect(moment.plan.lengths.count == 2)
    let faster = run(1000, guess: 0.1) { _, elapsed in elapsed < 300 ? 0.1 : 0.05 }
    #expect(faster.plan.lengths.count == 2 && faster.seconds < 700)
  }

  @Test("another length is the most there is", arguments: [1, 7, 24, 100, 5000])
  func most(steps: Int) {
    let outcome = run(1000, most: steps, guess: 0.5) { _, _ in 0.1 }
    #expect(outcome.steps == steps)
    let tight = run(10, most: steps, guess: 0.1) { _, _ in 0.1 }
    #expect(tight.steps <= steps && tight.seconds <= 10)
  }

  @Test("there is time for one step at least, and few are planned as well as can be", arguments: [0.01, 1, 3, 8, 20, 40])
  func few(limit: Double) {
    let outcome = run(limit, guess: 1) { _, _ in 1 }
    #expect(outcome.steps >= 1)
    #expect(outcome.seconds <= max(1, limit), "\(outcome)")
    #expect(outcome.seconds >= 0.98 * limit - 2)
  }

  @Test("evaluations and checkpoints have their part of the time")
  func costs() {
    // Every hundredth step an evaluation of two seconds, after what was measured; ten checkpoints of one.
    let outcome = run(1000, guess: 0.1, costs: .init(perStep: 0.02, apart: 12)) { number, _ in
      0.1 + ((number + 1) % 100 == 0 ? 2 : 0)
    }
    #expect(outcome.plan.lengths.count == 2)
    #expect((0.94...0.99).contains(outcome.seconds / 1000), "\(outcome)")
  }

  @Test(
    "steps of later phases are foreseen at what they will cost", arguments: [0.2, 1, 5],
    [StepCosts(starts: [0, 0.5], flops: [1, 4]), StepCosts(starts: [0, 0.4, 0.7], flops: [9, 1, 5])])
  func phases(guess: Double, steps: StepCosts) {
    let outcome = run(3600, guess: guess * 0.3, steps: steps) { _, _ in 0.3 }
    #expect(outcome.plan.lengths.count == 2)
    #expect((0.95...1).contains(outcome.seconds / 3600), "\(outcome)")
  }

  @Test("steps that are done again follow what was planned for them")
  func again() {
    let first = run(1000, guess: 0.3) { _, elapsed in elapsed < 500 ? 0.1 : 0.2 }
    #expect(first.plan.lengths.count == 3)
    var budget = TimeBudget(limit: 1000, most: nil, plan: first.plan)
    let lengths = first.plan.lengths
    var found: [Int] = []
    for step in 0..<first.steps {
      #expect(budget.update(after: step, elapsed: 1e6, costs: .init()) == nil)
      let steps = budget.plan.length(after: step).steps
      if found.last != steps { found.append(steps) }
    }
    #expect(found == lengths.map(\.steps))
  }
}
