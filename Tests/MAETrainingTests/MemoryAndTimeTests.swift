import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining
import Testing

@Suite struct MemoryAndTimeTests {
  @Test("a run that cannot fit is refused with both figures") func aRunThatCannotFitIsRefusedWithBothFigures() throws {
    let recipe = Small.recipe(.videomae, steps: 3)
    let plan = try MemoryPlan(Model(recipe.model, seed: nil), run: recipe.run, threads: 1, workers: 1)
    try plan.requireFit(in: MachineMemory(bytes: plan.total, owner: "the machine"), recipe: recipe)
    let error = #expect(throws: TrainingError.self) {
      try plan.requireFit(in: MachineMemory(bytes: 60_000_000, owner: "this control group"), recipe: recipe)
    }
    #expect(error?.kind == .usage)
    for words in ["needs about 0.", "this control group has 0.1 GB", "--batch-size", "--num-frames", "--preset", "--recompute"] {
      #expect(error?.description.contains(words) == true, "\(words) in \(error?.description ?? "")")
    }
  }

  @Test("every group around a process is asked") func everyGroupAroundAProcessIsAsked() {
    #expect(
      MachineMemory.groupFiles(of: "0::/a/b\n") == [
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/a/b/memory.max",
      ])
    #expect(
      MachineMemory.groupFiles(of: "5:cpu,memory:/x\n4:pids:/y\n") == [
        "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes",
      ])
    #expect(MachineMemory.groupFiles(of: "") == [])
    #expect(MachineMemory.current.bytes > 1 << 20)
  }

  @Test("smaller settings fit an hour") func smallerSettingsFitAnHour() {
    var recipe = Method.mae.recipe(.base)
    recipe.schedule.epochs = nil
    recipe.schedule.steps = 1000
    let plan = TrainingPlan(recipe, batchesPerEpoch: 10)
    // Ten hours: a tenth of the steps; tiny costs a sixteenth; 224 / √10 is 70.
    #expect(plan.smallerSettings(fitting: 3600, secondsPerStep: 36) == ["--steps 100", "--preset tiny", "--input-size 64"])
    #expect(plan.smallerSettings(fitting: 3600, secondsPerStep: 3.6) == [])
    // Two and a half hours: a small model costs a quarter.
    #expect(
      plan.smallerSettings(fitting: 3600, secondsPerStep: 9) == ["--steps 400", "--preset small", "--input-size 128"])
    // A hundred hours: nothing of these alone is enough, tiny on a sixth of the pixels is; a year: nor is that.
    #expect(plan.smallerSettings(fitting: 3600, secondsPerStep: 360) == ["--preset tiny --input-size 80"])
    #expect(plan.smallerSettings(fitting: 3600, secondsPerStep: 3600) == ["--preset tiny --input-size 64 --steps 196"])
    #expect(plan.smallerSettings(fitting: 3600, secondsPerStep: 36000) == [])
  }
}
