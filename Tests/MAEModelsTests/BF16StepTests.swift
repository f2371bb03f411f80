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

  @Test(
    "loss and gradients are near those of float32, and the same on any number of threads", arguments: [Method.mae, .crossmae])
  func gradients(_ method: Method) throws {
    let exact = try Self.gradients(method, .float32, threads: 1)
    let rounded = try Self.gradients(method, .bf16, threads: 1)
    #expect(try Self.gradients(method, .bf16, threads: 3) == rounded)
    // Operands have errors of up to 2⁻⁹ that have nothing to do with each other.
    let difference = zip(exact, rounded).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
    let length = exact.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
    #expect(difference > 1e-4 * length && difference < 0.02 * length, "\(difference / length)")
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
