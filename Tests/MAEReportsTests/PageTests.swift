import Foundation
import MAECore
import MAEReports
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PageTests {
  private func page(_ parts: [PagePart], title: String = "A page") -> Page {
    Page(title: title, lead: "lead", facts: [.init("steps", "300")], sections: [.init("First", lead: "why", parts: parts)])
  }

  /// The body as XML, in which every tag is closed; HTML's tags without an end are closed first.
  private func isWellFormed(_ html: String) throws -> Bool {
    let start = try #require(html.range(of: "<body>")).lowerBound
    let end = try #require(html.range(of: "</body>")).upperBound
    let body = html[start..<end].replacingOccurrences(of: "(<img [^>]*)>", with: "$1/>", options: .regularExpression)
    return XMLParser(data: Data(body.utf8)).parse()
  }

  @Test("a page with everything on it is well formed and loads nothing from elsewhere")
  func wellFormed() throws {
    let image = Image(size: FrameSize(width: 3, height: 2), filledWith: [1, 2, 3])
    let html = try page([
      .paragraph("a < b & c"),
      .charts([
        Chart(
          "loss", x: Axis("step"), y: Axis("loss"), series: [Series("a", x: [0, 1], y: [1, 2]), Series("b", x: [0], y: [2])])
      ]),
      .heatMaps([HeatMap("m", rows: 2, columns: 2, values: [1, 2, 3, 4], note: "n")]),
      .pictures([.init(image, caption: "\"a\" <still>", width: 30)]),
      .table(PageTable(["method", "accuracy"], rows: [["plain", "61.2"], ["guided", "−3"]], caption: "c")),
      .definitions([Definition("distance", "how far", formula: "D_h = Σ_j A_{ij}^2 < 1", unit: "pixels")]),
    ]).html()
    #expect(try isWellFormed(html))
    for word in ["http:", "https:", "url(", "@import", "<script", "<link"] { #expect(!html.contains(word), "\(word)") }
    #expect(html.contains("a &lt; b &amp; c") && html.contains("D<sub>h</sub>") && html.contains("<sup>2</sup>"))
    #expect(html.contains("prefers-color-scheme: dark"))
    #expect(html.contains("<td class=\"number\">61.2</td>") && html.contains("<td>plain</td>"))
  }

  @Test("pictures inside a page are PNG files")
  func pictures() throws {
    let image = Image(size: FrameSize(width: 3, height: 2), pixels: (0..<18).map(UInt8.init))
    let html = try page([.pictures([.init(image)])]).html()
    let text = try #require(
      html.components(separatedBy: "data:image/png;base64,").dropFirst().first?.components(separatedBy: "\"").first)
    let data = try #require(Data(base64Encoded: text))
    #expect(Array(data.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // Width and height of the header chunk, four bytes each.
    #expect(Array(data[16..<24]) == [0, 0, 0, 3, 0, 0, 0, 2])
  }

  @Test("the title is text, never markup")
  func escaping() throws {
    let html = try page([], title: "</title><b>").html()
    #expect(!html.contains("</title><b>"))
    #expect(try isWellFormed(html))
  }

  @Test("many sections get a list of contents that leads to them")
  func contents() throws {
    let page = Page(title: "t", sections: ["One", "Two", "Three"].map { Page.Section($0, parts: []) })
    let html = try page.html()
    #expect(html.contains("<a href=\"#section-3\">Three</a>") && html.contains("<section id=\"section-3\">"))
  }
}
