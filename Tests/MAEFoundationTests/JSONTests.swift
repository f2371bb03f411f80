import Foundation
import MAEFoundation
import TestSupport
import Testing

@Suite struct JSONTests {
  private struct Result: Codable, Equatable {
    var frameTime: Double?
    var path = "a/b"
    var values: [String: Float] = [:]
  }

  @Test("results have snake case keys in order") func resultsHaveSnakeCaseKeysInOrder() {
    #expect(
      JSONText.indented(Result(frameTime: 1.5, values: ["oneKey": 2])) == """
        {
          "frame_time" : 1.5,
          "path" : "a/b",
          "values" : {
            "oneKey" : 2
          }
        }
        """)
    #expect(JSONText.line(Result(frameTime: 1.5)) == #"{"frameTime":1.5,"path":"a/b","values":{}}"#)
  }

  @Test("numbers without a form are text", arguments: [(Double.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan")])
  func numbersWithoutAFormAreText(value: Double, text: String) {
    #expect(JSONText.line([value]) == "[\"\(text)\"]")
    #expect(JSONText.line(Result(values: ["x": Float(value)])).contains("\"\(text)\""))
  }

  @Test("numbers without a form are read back, with those that have one") func numbersWithoutAFormAreReadBack() throws {
    let folder = TemporaryFolder()
    let values = [Double.infinity, -.infinity, 1.5]
    let results = values.map { Result(frameTime: $0) }
    try DurableFile.write(JSONLines.text(results + [Result(frameTime: .nan)]), to: folder.path("results.jsonl"))
    let read: [Result] = try JSONLines.read(folder.path("results.jsonl"))
    #expect(read.dropLast() == results[...] && read.last?.frameTime?.isNaN == true)
  }

  @Test("lines are read back and broken ones left out") func linesAreReadBackAndBrokenOnesLeftOut() throws {
    let folder = TemporaryFolder()
    let results = (0..<3).map { Result(frameTime: Double($0)) }
    let path = folder.path + "/results.jsonl"
    #expect(try JSONLines.read(path) as [Result] == [])
    let text = JSONLines.text(results)
    #expect(text.split(separator: "\n").count == 3)
    try DurableFile.write(text + String(text.prefix(9)), to: path)
    #expect(try JSONLines.read(path) == results)
  }

  /// What is written is read back the same, by our parser and by Foundation's.
  @Test("every value survives", arguments: [true, false])
  func everyValueSurvives(indent: Bool) throws {
    let value: JSONValue = [
      "text": "tab\t quote\" slash/ back\\ \u{1} ä 𝄞 \n", "numbers": [0, -1, 1.5, 1e-300, 9_007_199_254_740_993],
      "nothing": .null, "truth": [true, false], "empty": [[], .object(JSONObject())],
    ]
    let text = value.serialized(indent: indent)
    #expect(try JSONParser.parse(Array(text.utf8)) == value)
    let foreign = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(foreign["text"] as? String == value.object?["text"]?.text)
    #expect((foreign["numbers"] as? [NSNumber])?.map(\.doubleValue) == [0, -1, 1.5, 1e-300, 9_007_199_254_740_992])
  }

  @Test(
    "what is not JSON is refused",
    arguments: [
      "", "{", "[1,]", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "nul", "1 2", "\"\u{1}\"", "+", String(repeating: "[", count: 10_000),
    ])
  func whatIsNotJSONIsRefused(text: String) {
    #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(Array(text.utf8)) }
  }
}
