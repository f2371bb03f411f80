import MAECore
import MAEModels
import MAETraining
import Testing

@Suite struct StepCostsTests {
  private static let runs = [
    StepCosts.equal, StepCosts(starts: [0, 0.5], flops: [1, 4]), StepCosts(starts: [0, 0.333333, 0.9], flops: [70, 900, 20]),
    StepCosts(starts: [0, 0.000001, 0.999999], flops: [1, 1000, 1]),
  ]

  @Test("phases follow each other without a gap, and the mean step costs one", arguments: runs, [1, 2, 7, 1000])
  func partition(costs: StepCosts, steps: Int) {
    var next = 0
    for phase in 0..<max(1, costs.flops.count) {
      let range = costs.steps(of: phase, in: steps)
      #expect(range.lowerBound == next)
      next = range.upperBound
      for step in range { #expect(costs.phase(after: step, of: steps) == phase) }
    }
    #expect(next == steps)
    for step in 0..<steps {
      let cost = costs.work(after: step + 1, of: steps) - costs.work(after: step, of: steps)
      #expect(abs(cost - costs.cost(of: costs.phase(after: step, of: steps))) < 1e-9)
    }
    let shares = (0..<max(1, costs.flops.count)).map(costs.share(of:))
    #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    if steps == 1000 { #expect(abs(costs.work(after: steps, of: steps) / 1000 - 1) < 0.01) }
  }

  @Test("as many steps fit as can be", arguments: runs, [(0, 0.0), (0, 0.4), (0, 1234), (3, 30), (400, 0.4), (400, 1234)])
  func fitting(costs: StepCosts, left: (after: Int, seconds: Double)) {
    let (step, seconds, mean, extra) = (left.after, left.seconds, 0.7, 0.05)
    func taken(_ more: Int) -> Double {
      let steps = step + more
      return (costs.work(after: steps, of: steps) - costs.work(after: step, of: steps)) * mean + Double(more) * extra
    }
    let found = costs.fitting(after: step, in: seconds, mean: mean, extra: extra)
    #expect(found >= 0 && (found == 0 || taken(found) <= seconds + 1e-9))
    #expect(taken(found + 1) > seconds)
  }

  @Test("costs follow the operations: half the side is about a quarter of the tokens") func counted() throws {
    var recipe = MAEModels.Method.mae.recipe(.tiny)
    recipe.schedule.inputSizes = [Stage(FrameSize(square: 112), share: 0.5)]
    let costs = try StepCosts(recipe)
    #expect(costs.flops.count == 2)
    #expect((0.15...0.25).contains(Double(costs.flops[0]) / Double(costs.flops[1])), "\(costs.flops)")
    recipe.run.accumulation = 3
    #expect(try StepCosts(recipe).flops == costs.flops.map { 3 * $0 })
    #expect(try StepCosts(MAEModels.Method.mae.recipe(.tiny)) == .equal)
    // Nothing is smaller than a phase of it.
    let largest = try MemoryPlan.largest(of: recipe, threads: 1, workers: 1)
    for phase in recipe.phases {
      let plan = try MemoryPlan(Model(phase.recipe.model, seed: nil), run: recipe.run, threads: 1, workers: 1)
      #expect(largest.total >= plan.total)
    }
  }
}
