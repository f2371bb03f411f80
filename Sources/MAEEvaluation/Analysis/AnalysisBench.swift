import MAECore
import MAEEngine
import MAEModels

/// A checkpoint's model and the samples for comparing classes, for metrics that make passes of their own.
struct AnalysisBench {
  let model: Model
  let clips: [Clip]
  /// One per clip.
  let labels: [String?]
  let kernels: Kernels

  /// The encoder's output for some tokens of a clip, after its final norm, without class token: `[tokens, width]`.
  func encode(_ clip: Clip, visible: [Int32]) -> [Float] {
    let encoder = model.pretext.encoder
    let output = encoder(
      model.source(ClipBatch([clip])), EncoderTokens(visible: [visible]),
      on: Tape(model.parameters, on: kernels, recording: false))
    return output.tensor.rows(encoder.classRows..<output.rows).floats()
  }
}
