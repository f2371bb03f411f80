import Foundation
import MAECore
import MAEModels

extension ModelConfiguration {
  /// Where our values stand in safetensors metadata and in a `config.json` of ours.
  static let metadataKey = "configuration"

  init(json: [UInt8], file: String) throws(CheckpointError) {
    do {
      self = try JSONDecoder().decode(ModelConfiguration.self, from: Data(json))
    } catch let DecodingError.keyNotFound(key, _) {
      throw .unusable(file, "its model configuration has no \(key.stringValue)")
    } catch {
      throw .unusable(file, "its model configuration cannot be understood; it comes from another version or is damaged")
    }
  }

  /// Every value, as one line of JSON with sorted keys.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding cannot fail: there are no values without a JSON form.
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }

  /// Bounds every size before anything is computed from it, so that a damaged file cannot ask for the impossible.
  func checkSizes(file: String) throws(CheckpointError) {
    var sizes = [
      ("input height", input.size.height, 65_536), ("input width", input.size.width, 65_536), ("frames", input.frames, 65_536),
      ("patch", input.patch, 4096), ("tubelet", input.tubelet, 65_536),
    ]
    let stacks = [("encoder", encoder.blocks)] + (decoder.map { [("decoder", $0.blocks)] } ?? [])
    for (name, blocks) in stacks {
      sizes += [
        ("\(name) width", blocks.width, 65_536), ("\(name) depth", blocks.depth, 4096), ("\(name) heads", blocks.heads, 65_536),
        ("\(name) feed-forward width", blocks.feedForwardWidth, 1 << 20),
      ]
    }
    for (name, value, limit) in sizes where !(1...limit).contains(value) {
      throw .unusable(file, "its configuration gives \(name) as \(value); expected 1 to \(limit)")
    }
    if let problem = problems.first { throw .unusable(file, "its configuration is impossible: \(problem)") }
    guard grid.count <= 1 << 22 else {
      throw .unusable(file, "its configuration makes \(grid.count) tokens, more than is supported")
    }
  }
}
