import MAECore
import MAEMedia

/// A piece of a page, below the heading of its section.
public enum PagePart: Sendable {
  case paragraph(String)
  /// Side by side where there is room.
  case charts([Chart])
  case heatMaps([HeatMap])
  case pictures([PagePicture])
  case films([PageFilm])
  /// One after the other with a slider where scripts may run, else below each other.
  case slides([PageSlide])
  case table(PageTable)
  case definitions([Definition])

  func html() throws(MediaError) -> String {
    switch self {
    case .paragraph(let text): return "<p>\(Markup.escaped(text))</p>\n"
    case .charts(let charts):
      return "<div class=\"grid \(charts.count == 1 ? "one" : "two")\">\(charts.map { $0.html() }.joined())</div>\n"
    case .heatMaps(let maps):
      var html = ""
      for map in maps { html += try map.html() }
      return "<div class=\"grid small\">\(html)</div>\n"
    case .pictures(let pictures):
      var html = ""
      for picture in pictures { html += try picture.html() }
      return "<div class=\"pictures\">\(html)</div>\n"
    case .films(let films): return "<div class=\"pictures\">\(films.map { $0.html() }.joined())</div>\n"
    case .slides(let slides): return "<div class=\"slides\">\(slides.map { $0.html() }.joined())</div>\n"
    case .table(let table): return table.html()
    case .definitions(let definitions): return "<dl>\(definitions.map { $0.html() }.joined())</dl>\n"
    }
  }
}

/// A picture inside the page, with a caption.
public struct PagePicture: Sendable {
  /// Any size; see ``width``.
  public var image: Image
  /// Below the picture or above the table; empty for none.
  public var caption: String
  /// Width on the page in pixels of a screen; a wider picture than the page shrinks.
  public var width: Int

  /// - Parameter width: the picture's own width unless told.
  public init(_ image: Image, caption: String = "", width: Int? = nil) {
    self.image = image
    self.caption = caption
    self.width = width ?? image.size.width
  }

  func html() throws(MediaError) -> String {
    let isEnlarged = width > image.size.width
    return "<figure style=\"width:\(width)px\"><img\(isEnlarged ? " class=\"pixels\"" : "") width=\"\(width)\" "
      + "alt=\"\(Markup.escaped(caption))\" src=\"\(try image.dataAddress())\">"
      + (caption.isEmpty ? "" : "<figcaption>\(Markup.escaped(caption))</figcaption>") + "</figure>"
  }
}

extension HeatMap {
  func html() throws(MediaError) -> String {
    let ends = shownRange
    return "<figure class=\"map\"><figcaption>\(Markup.escaped(title))</figcaption>"
      + "<img class=\"pixels\" alt=\"\(Markup.escaped(title))\" style=\"aspect-ratio:\(columns)/\(rows)\" "
      + "src=\"\(try image.dataAddress())\">"
      + "<div class=\"scale\"><span>\(NumberText.short(ends.lowerBound, digits: 3))</span>"
      + "<i style=\"background:\(scale.gradient)\"></i><span>\(NumberText.short(ends.upperBound, digits: 3))</span></div>"
      + (note.isEmpty ? "" : "<p class=\"note\">\(Markup.escaped(note))</p>") + "</figure>"
  }
}

/// A table; columns of figures are set to the right.
public struct PageTable: Sendable {
  /// Of the columns.
  public var titles: [String]
  /// A text for each column; rows may be shorter.
  public var rows: [[String]]
  /// Below the picture or above the table; empty for none.
  public var caption: String

  /// Characters of a cell above which its text is broken into lines.
  private static let longest = 36

  /// A table with a heading for each column.
  public init(_ titles: [String], rows: [[String]], caption: String = "") {
    self.titles = titles
    self.rows = rows
    self.caption = caption
  }

  func html() -> String {
    let isNumeric = titles.indices.map { column in
      rows.allSatisfy { column >= $0.count || ($0[column].first.map { "0123456789−-–+±".contains($0) } ?? true) }
    }
    func row(_ cells: [String], tag: String) -> String {
      let html = cells.enumerated().map { column, text in
        let isLong = text.count > Self.longest
        let style = isLong ? " class=\"long\"" : column < isNumeric.count && isNumeric[column] ? " class=\"number\"" : ""
        return "<\(tag)\(style)>\(Markup.escaped(text))</\(tag)>"
      }
      return "<tr>\(html.joined())</tr>"
    }
    let caption = self.caption.isEmpty ? "" : "<caption>\(Markup.escaped(self.caption))</caption>"
    return "<div class=\"table\"><table>\(caption)<thead>\(row(titles, tag: "th"))</thead>"
      + "<tbody>\(rows.map { row($0, tag: "td") }.joined())</tbody></table></div>\n"
  }
}

/// What a term on the page means.
public struct Definition: Sendable {
  /// What is defined.
  public var term: String
  /// In a sentence or more.
  public var meaning: String
  /// With `_` and `^` for lower and higher signs, e.g. `D_h = mean_i Σ_j A_{ij} d_{ij}`.
  public var formula: String
  /// Of the values; empty for none.
  public var unit: String

  /// A definition; formula and unit may be left out.
  public init(_ term: String, _ meaning: String, formula: String = "", unit: String = "") {
    self.term = term
    self.meaning = meaning
    self.formula = formula
    self.unit = unit
  }

  func html() -> String {
    var html = "<dt>\(Markup.escaped(term))</dt><dd><p>\(Markup.escaped(meaning))</p>"
    if !formula.isEmpty { html += "<p class=\"formula\">\(Markup.formula(formula))</p>" }
    if !unit.isEmpty { html += "<p class=\"note\">Unit: \(Markup.escaped(unit))</p>" }
    return html + "</dd>"
  }
}
