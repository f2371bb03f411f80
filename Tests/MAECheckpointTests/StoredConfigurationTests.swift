import Foundation
import MAECheckpoint
import MAEFoundation
import MAEModels
import Testing

/// What a stored configuration lacks is that of the method's preset, unless it can be absent.
@Suite struct StoredConfigurationTests {
  @Test("any value may be missing", arguments: Catalogue.builtIn.methods)
  func anyValueMayBeMissing(method: MAEModels.Method) throws {
    let preset = method.model(.base)
    var full = preset
    full.masking.decoderRatio = 0.5
    full.masking.keptRatio = 0.5
    full.masking.masks = ["01"]
    full.masking.guide?.block = 1
    full.encoder.blocks.layerScale = 0.1
    full.encoder.classTokenCount = 2
    full.encoder.dropPath = 0.1
    full.decoder?.blocks.layerScale = 0.1
    full.target.predictedFrames = 1
    for stored in [preset, full] {
      #expect(try read(JSONParser.parse(Array(stored.json.utf8))) == stored)
      for (path, shortened) in try JSONParser.parse(Array(stored.json.utf8)).withoutOneValue() {
        let asItStands = try? JSONDecoder().decode(
          ModelConfiguration.self, from: Data(shortened.serialized(indent: false).utf8))
        // What can be absent stays so.
        #expect(try read(shortened) == asItStands ?? stored, "\(path)")
      }
    }
  }

  private func read(_ json: JSONValue) throws -> ModelConfiguration {
    try ModelConfiguration(json: Array(json.serialized(indent: false).utf8), file: "config.json")
  }
}

extension JSONValue {
  /// This object without one of the values in it, for each of them; the method, and what belongs to a choice, always stays.
  fileprivate func withoutOneValue() -> [(path: String, value: JSONValue)] {
    guard let object else { return [] }
    return object.keys.filter { $0 != "method" }.flatMap { key -> [(path: String, value: JSONValue)] in
      let inside = key == "rounding" ? [] : object[key]!.withoutOneValue()
      guard inside.isEmpty else {
        return inside.map { part in
          var copy = object
          copy[key] = part.value
          return ("\(key).\(part.path)", .object(copy))
        }
      }
      var copy = object
      copy[key] = nil
      return [(key, .object(copy))]
    }
  }
}
