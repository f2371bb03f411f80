import Foundation
import Testing

@Suite struct ReadmeTests {
  @Test("the program that the README shows is the one that is compiled and run")
  func tenLines() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let program = try String(contentsOf: root.appendingPathComponent("samples/programs/TenLines/main.swift"), encoding: .utf8)
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(readme.contains("```swift\n\(program)```\n"))
    let lines = program.split(separator: "\n").filter { !$0.hasPrefix("import") }
    #expect(lines.count <= 10)
  }
}
