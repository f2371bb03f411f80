import Foundation
import Testing

@Suite struct ReadmeTests {
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("the program that the README shows is the one that is compiled and run")
  func tenLines() throws {
    let program = try String(contentsOf: root.appendingPathComponent("samples/programs/TenLines/main.swift"), encoding: .utf8)
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(readme.contains("```swift\n\(program)```\n"))
    let lines = program.split(separator: "\n").filter { !$0.hasPrefix("import") }
    #expect(lines.count <= 10)
  }

  @Test("the cards of the models that ship have the seeds, parts, lengths and sizes of the script and the files")
  func cards() throws {
    func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }
    func grouped(_ number: Int) -> String {
      number < 1000 ? "\(number)" : "\(number / 1000)," + String(format: "%03d", number % 1000)
    }
    let script = try text("samples/experiments/shipped_models.sh")
    let steps = script.matches(of: /--steps (\d+)/).compactMap { Int($0.1) }
    try #require(steps.count == 7, "five parts of clips, two of stills")
    let cards = [
      ("videomae-scenes", steps.prefix(5), ["1000", "6000"]), ("mae-scenes", steps.suffix(2), ["1000", "3000"]),
    ]
    for (name, parts, seeds) in cards {
      let card = try text("samples/models/\(name)/README.md")
      for count in parts { #expect(card.contains(grouped(count)), "\(name): \(count) steps") }
      for seed in seeds { #expect(card.contains("seed \(seed)") && script.contains("--seed \(seed) "), "\(name): seed \(seed)") }
      let weights = root.appendingPathComponent("samples/models/\(name)/model.safetensors").path
      let bytes = try #require(try FileManager.default.attributesOfItem(atPath: weights)[.size] as? Int)
      #expect(card.contains(String(format: ", %.2f MB,", Double(bytes) / 1e6)), "\(name): \(bytes) bytes")
    }
    #expect(try text("samples/models/videomae-scenes/README.md").contains("\(grouped(steps.prefix(5).reduce(0, +))) steps"))
    for count in [8000, 16000] { #expect(script.contains("--stills \(count) ")) }
  }
}
