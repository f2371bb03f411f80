import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import Testing

/// One folder: an encoder in a library's model folder, pictures of several sizes, and what the library and the implementation's
/// own evaluation make of them.
struct EncoderCase {
  private let checkpoint: Checkpoint
  private let inputs, expected: StateDictionary

  /// - Throws: for a file that is missing, and for further folders of the same weights that read differently.
  init(folder: String) throws {
    inputs = try WeightFile.read(path: "\(folder)/inputs.safetensors").state
    expected = try WeightFile.read(path: "\(folder)/expected.safetensors").state
    checkpoint = try Checkpoint.read(path: "\(folder)/model")
    for other in try FileManager.default.contentsOfDirectory(atPath: folder) where other.hasPrefix("model-") {
      let again = try Checkpoint.read(path: "\(folder)/\(other)")
      #expect(again.configuration == checkpoint.configuration, "\(other)")
      for (name, tensor) in checkpoint.weights {
        #expect(again.weights[name]?.isIdentical(to: tensor) == true, "\(other): \(name)")
      }
    }
  }

  func differences(at level: InstructionLevel) throws -> Differences {
    var differences = Differences()
    var compared: Set<String> = []
    for (input, pixels) in inputs {
      let size = input.split(separator: "/")[0]
      let outputs = try outputs(of: pixels, on: Kernels(threads: 2, level: level))
      for name in expected.names where name.hasPrefix("\(size)/") {
        guard let ours = outputs[String(name.dropFirst(size.count + 1))] else { continue }
        compared.insert(name)
        differences.add(.output, name, ours, expected[name]!.floats())
      }
    }
    differences.uncompared = expected.names.filter { !compared.contains($0) }
    return differences
  }

  /// Everything that the library's and the implementation's names stand for, of pictures `[samples, channels, height, width]`.
  private func outputs(of pixels: StoredTensor, on kernels: Kernels) throws -> [String: [Float]] {
    var configuration = checkpoint.configuration
    configuration.input.size = FrameSize(width: pixels.shape[3], height: pixels.shape[2])
    configuration.masking.fitUnits(to: configuration.grid)
    let model = try Model(configuration, seed: 1)
    let report = try checkpoint.load(into: model)
    #expect(report.leftOver.isEmpty && report.missing.allSatisfy { $0.hasPrefix("decoder.") })
    let (samples, input, encoder) = (pixels.shape[0], configuration.input, model.objective.encoder)
    let source = PixelSource(
      shape: ClipBatchShape(samples: samples, frames: 1, size: input.size, channels: input.channels),
      values: .floats(pixels.floats(), .framesFirst), mean: input.mean, deviation: input.deviation)
    let states = encoder.states(
      source, EncoderTokens(allOf: configuration.grid, samples: samples), in: Pass(inferring: model.parameters, on: kernels))
    let rows = Rows(samples: samples, classes: encoder.classRows, width: configuration.encoder.blocks.width)
    let last = states[states.count - 1]
    let normed = encoder.normalized(last).tensor.floats()
    var outputs = [
      "last_hidden_state": normed, "pooler_output": rows.classMeans(normed),
      "downstream/knn": rows.classMeans(last.tensor.floats()), "downstream/dense": rows.dense(normed),
      "position_embeddings": model.parameters.values(of: try #require(model.parameters["encoder.pos_embed"])),
    ]
    for (index, state) in states.enumerated() {
      outputs["hidden_states/\(index)"] = state.tensor.floats()
      outputs["backbone/stage\(index)"] = rows.channelsFirst(encoder.normalized(state).tensor.floats())
    }
    return outputs
  }

  /// How tokens `[samples, class tokens + tokens, width]` are pooled.
  private struct Rows {
    let samples, classes, width: Int

    private func sample(_ index: Int, _ values: [Float]) -> ArraySlice<Float> {
      values[index * values.count / samples..<(index + 1) * values.count / samples]
    }

    private func classMean(_ rows: ArraySlice<Float>) -> [Float] {
      (0..<width).map { channel in
        (0..<classes).reduce(0) { $0 + rows[rows.startIndex + $1 * width + channel] } / Float(classes)
      }
    }

    func classMeans(_ values: [Float]) -> [Float] { (0..<samples).flatMap { classMean(sample($0, values)) } }

    /// Each patch token, then the mean of the class tokens.
    func dense(_ values: [Float]) -> [Float] {
      (0..<samples).flatMap { index in
        let rows = sample(index, values)
        let (mean, tokens) = (classMean(rows), rows.dropFirst(classes * width))
        return stride(from: tokens.startIndex, to: tokens.endIndex, by: width).flatMap { tokens[$0..<$0 + width] + mean }
      }
    }

    /// Patch tokens as `[samples, width, tokens]`.
    func channelsFirst(_ values: [Float]) -> [Float] {
      (0..<samples).flatMap { index in
        let tokens = Array(sample(index, values).dropFirst(classes * width))
        return (0..<width).flatMap { channel in stride(from: channel, to: tokens.count, by: width).map { tokens[$0] } }
      }
    }
  }
}
