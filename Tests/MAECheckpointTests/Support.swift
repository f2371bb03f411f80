import Foundation
import MAECheckpoint
import TestSupport
import Testing

/// Path of a file in the folder `Fixtures`, or of the weights of a reference case.
///
/// `videomae.safetensors` is the weight file of the case `videomae`, `transformers-videomae` the model folder of that case.
func fixture(_ name: String) -> String {
  let own = Bundle.module.resourcePath! + "/Fixtures/" + name
  if FileManager.default.fileExists(atPath: own) { return own }
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let cases = tests.appendingPathComponent("ReferenceTests/Cases").path
  return name.hasSuffix(".safetensors")
    ? "\(cases)/\(name.dropLast(".safetensors".count))/weights.safetensors" : "\(cases)/\(name)/model"
}

/// Heads of the reference cases, which their weights do not tell.
let caseHeads = WeightOptions(heads: 3, decoderHeads: 4)

/// Runs `body` with an empty folder that is removed afterwards.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = TemporaryFolder()
  return try withExtendedLifetime(folder) { try body(folder.path) }
}

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

func contents(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The error that `body` throws; anything else is recorded as a failure.
func failure<R>(sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R) -> CheckpointError? {
  do {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as CheckpointError {
    return error
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
  return nil
}

/// The tensors under `model`, without that key; all of them where there is none.
func withoutKey(_ state: StateDictionary) -> StateDictionary {
  guard state.names.contains(where: { $0.hasPrefix("model.") }) else { return state }
  return state.renamed { $0.hasPrefix("model.") ? String($0.dropFirst(6)) : nil }
}

/// Names, types, shapes and bytes agree.
func expectIdentical(_ left: StateDictionary, _ right: StateDictionary, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(Set(left.names) == Set(right.names), sourceLocation: sourceLocation)
  for (name, tensor) in left {
    guard let other = right[name] else { continue }
    #expect(tensor.isIdentical(to: other), "\(name) differs", sourceLocation: sourceLocation)
  }
}
