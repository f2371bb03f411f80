import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// A report as one HTML file: nothing is loaded from elsewhere, and it follows the reader's light or dark setting.
public struct Page: Sendable {
  /// A heading and what stands below it.
  public struct Section: Sendable {
    /// As the heading shows it.
    public var title: String
    /// What the section shows and how to read it, in a sentence or two.
    public var lead: String
    /// From top to bottom.
    public var parts: [PagePart]

    /// A section; one without parts shows its heading alone.
    public init(_ title: String, lead: String = "", parts: [PagePart]) {
      self.title = title
      self.lead = lead
      self.parts = parts
    }
  }

  /// A name and a value, shown in a row of such.
  public struct Fact: Sendable {
    /// What is said, and its value as text.
    public var name, value: String

    /// A fact as it is shown.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Of the browser's window and the first heading.
  public var title: String
  /// What the page is about, below the title.
  public var lead: String
  /// Shown in a row below the title, e.g. method, steps, loss.
  public var facts: [Fact]
  /// From top to bottom; more than two get a list of links.
  public var sections: [Section]

  /// A page of sections.
  public init(title: String, lead: String = "", facts: [Fact] = [], sections: [Section]) {
    self.title = title
    self.lead = lead
    self.facts = facts
    self.sections = sections
  }

  /// The text of the file.
  ///
  /// - Throws: ``MediaError`` when a picture cannot be encoded.
  public func html() throws(MediaError) -> String {
    var body = ""
    for (number, section) in sections.enumerated() { body += try html(of: section, number: number) }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(Markup.escaped(title))</title>
      <style>\(PageStyle.text)</style>
      </head>
      <body>
      <header>
      <h1>\(Markup.escaped(title))</h1>
      \(lead.isEmpty ? "" : "<p class=\"lead\">\(Markup.escaped(lead))</p>")
      \(factList)\(contents)</header>
      <main>
      \(body)</main>
      \(hasSlides ? "<script>\(PageSlide.script)</script>\n" : "")</body>
      </html>

      """
  }

  /// Writes the page to a file.
  ///
  /// - Throws: ``MediaError`` when a picture cannot be encoded, ``FileError`` when the file cannot be written.
  public func write(to path: String) throws {
    try DurableFile.write(try html(), to: path)
  }

  /// Whether anything moves; everything is there without it, too.
  private var hasSlides: Bool {
    sections.contains { $0.parts.contains { if case .slides(let slides) = $0 { slides.count > 1 } else { false } } }
  }

  private var factList: String {
    guard !facts.isEmpty else { return "" }
    let items = facts.map { "<div><dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd></div>" }
    return "<dl class=\"facts\">\(items.joined())</dl>\n"
  }

  private var contents: String {
    guard sections.count > 2 else { return "" }
    let items = sections.enumerated().map { "<a href=\"#section-\($0.offset + 1)\">\(Markup.escaped($0.element.title))</a>" }
    return "<nav>\(items.joined())</nav>\n"
  }

  private func html(of section: Section, number: Int) throws(MediaError) -> String {
    var html = "<section id=\"section-\(number + 1)\"><h2>\(Markup.escaped(section.title))</h2>\n"
    if !section.lead.isEmpty { html += "<p class=\"lead\">\(Markup.escaped(section.lead))</p>\n" }
    for part in section.parts { html += try part.html() }
    return html + "</section>\n"
  }
}
