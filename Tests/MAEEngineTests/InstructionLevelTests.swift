import MAECore
import MAEEngine
import Testing

@Suite struct InstructionLevelTests {
  @Test("every machine has the portable level last") func everyMachineHasThePortableLevelLast() {
    #expect(InstructionLevel.available.last?.name == "portable")
    #expect(InstructionLevel.available.filter(\.isFastest) == [InstructionLevel.available[0]])
  }

  @Test("a level is chosen by its name") func aLevelIsChosenByItsName() throws {
    #expect(try InstructionLevel.chosen(by: nil) == InstructionLevel.available[0])
    for level in InstructionLevel.available { #expect(try InstructionLevel.chosen(by: level.name) == level) }
  }

  @Test("an unknown name is refused with the known ones", arguments: ["sse9", "AVX2", "avx2 "])
  func anUnknownNameIsRefusedWithTheKnownOnes(name: String) {
    let error = #expect(throws: InstructionLevelError.self) { try InstructionLevel.chosen(by: name) }
    #expect(error?.description.contains("'\(name)'") == true && error?.description.contains("portable") == true)
  }

  /// Levels round differently; a pass on a level's table is seen by that.
  @Test("kernels use the level they are given") func kernelsUseTheLevelTheyAreGiven() {
    let depth = 1000
    let sums = InstructionLevel.available.map { level in
      let kernels = Kernels(threads: 1, level: level)
      return kernels.sumOfSquares(kernels.tensor((0..<depth).map { 1 / Float($0 + 1) }, [depth]))
    }
    // AVX-512 with products of bfloat16 computes floats as AVX-512 does.
    let ofFloats = InstructionLevel.available.filter { !$0.multipliesBF16 }
    #expect(Set(sums).count == ofFloats.count)
    #expect(sums.allSatisfy { abs($0 - 1.643934566) < 1e-6 })
  }
}
