import Foundation
import MAEData
import MAEEngine
import MAEEvaluation
import MAEFoundation
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

  @Test("text holds names that are no UTF-8 as the bytes that they are")
  func names() throws {
    let fixture = try Fixture("stills").folder
    let folder = TemporaryFolder()
    let bytes = Array((folder.path + "/caf").utf8) + [0xe9] + Array(".png".utf8)
    let source = try #require(Manifest([fixture + "/pictures"]).files.first).path
    try DurableFile.write(DurableFile.bytes(of: source), to: String(pathBytes: bytes))
    let extractor = try FeatureExtractor(checkpoint: fixture + "/stills", on: Kernels(threads: 1))
    let summary = try Embedding(extractor).write(Manifest([String(pathBytes: bytes)]), to: folder.path("a.csv"))
    #expect(summary?.shape.first == 1)
    let lines = try DurableFile.bytes(of: folder.path("a.csv")).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 2 && lines.last?.starts(with: bytes + [UInt8(ascii: ",")]) == true)
  }
}
