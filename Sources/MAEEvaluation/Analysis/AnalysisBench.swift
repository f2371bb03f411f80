import MAECore
import MAEEngine
import MAEModels

/// A checkpoint's model and the samples for comparing classes, for metrics that make passes of their own.
public struct AnalysisBench {
  /// With the checkpoint's weights.
  public let model: Model
  /// As the encoder gets them.
  public let clips: [Clip]
  /// One per clip.
  public let labels: [String?]
  /// What to compute with.
  public let kernels: Kernels

  /// The encoder's output for some tokens of clips, after its final norm, without class token and vector: `[tokens, width]` for
  /// each.
  ///
  /// - Parameter visible: for each clip as many.
  public func encode(_ clips: [Clip], visible: [[Int32]]) -> [[Float]] {
    let encoder = model.objective.encoder
    return stride(from: 0, to: clips.count, by: Self.batch).flatMap { start -> [[Float]] in
      let part = start..<min(clips.count, start + Self.batch)
      let output = encoder(
        model.source(ClipBatch(Array(clips[part]))), EncoderTokens(visible: Array(visible[part])),
        in: Pass(inferring: model.parameters, on: kernels)
      ).tensor
      let rows = output.rows / part.count
      return part.indices.map { index in
        let first = (index - start) * rows
        let start = first + encoder.classRows
        return output.rows(start..<start + visible[index].count).floats()
      }
    }
  }

  /// Clips that go through the encoder at once.
  private static let batch = 16
}
