import Foundation
import MAEData
import MAEEngine
import MAEEvaluation
import TestSupport
import Testing

@Suite struct EmbeddingTests {
  @Test("who asks to stop gets nothing, and no file that could be taken for one")
  func cancelling() throws {
    let fixture = try Fixture("stills").folder
    let folder = TemporaryFolder()
    let extractor = try FeatureExtractor(checkpoint: fixture + "/stills", on: Kernels(threads: 1))
    let manifest = try Manifest([fixture + "/pictures"])
    var asked = 0
    func write(after chunks: Int) throws -> Embedding.Summary? {
      asked = 0
      return try Embedding(extractor, batchSize: 2).write(
        manifest, to: folder.path("a.safetensors"),
        isCancelled: {
          asked += 1
          return asked > chunks
        })
    }
    #expect(try write(after: 1) == nil)
    #expect(asked >= 2)
    #expect(try folder.names() == [".a.safetensors.partial"])
    let summary = try #require(try write(after: .max))
    #expect(summary.shape == [manifest.files.count] + extractor.featureShape && summary.bad.isEmpty)
    #expect(try folder.names() == ["a.jsonl", "a.safetensors"])
  }
}
