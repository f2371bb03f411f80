import MAECore
import MAEEngine
import MAEModels
import Testing

/// Linear layers that multiply what is rounded to bfloat16, computed by floats where the processor cannot.
@Suite struct BF16StepTests {
  private static func gradients(_ method: Method, _ precision: Precision, threads: Int) throws -> [Float] {
    let model = try Model(StepTests.configuration(method), seed: 1)
    let batch = try StepTests.batch(model)
    let result = GradientPass(model, on: Kernels(threads: threads, emulating: precision)) { _, _ in batch }
    return [Float(result.loss)] + model.parameters.gradients.floats()
  }

  private static func length(_ values: [Float]) -> Float {
    var sum: Float = 0
    for value in values { sum += value * value }
    return sum.squareRoot()
  }

  @Test("loss and gradients are near those of float32, and the same on any number of threads", arguments: ["mae", "crossmae"])
  func gradients(name: String) throws {
    let method = try #require(Catalogue.builtIn.methods.first { $0.name == name })
    let exact = try Self.gradients(method, .float32, threads: 1)
    let rounded = try Self.gradients(method, .bf16, threads: 1)
    #expect(try Self.gradients(method, .bf16, threads: 3) == rounded)
    // Operands have errors of up to 2⁻⁹ that have nothing to do with each other.
    let differences: [Float] = exact.indices.map { exact[$0] - rounded[$0] }
    let error = Self.length(differences) / Self.length(exact)
    #expect(error > 1e-4 && error < 0.02, "\(error)")
  }

  @Test("a level without instructions for it refuses bf16 with the level's name") func refusal() throws {
    for level in InstructionLevel.available where !level.multipliesBF16 {
      let error = #expect(throws: PrecisionError.self) { try Kernels(threads: 1, precision: .bf16, level: level) }
      #expect(error?.description.contains(level.name) == true && error?.kind == .unavailable)
    }
    for level in InstructionLevel.available {
      #expect(try Kernels(threads: 1, precision: .float32, level: level).precision == .float32)
    }
  }
}
