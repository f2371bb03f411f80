extension TextStyle {
  /// Width of a line of text in pixels.
  public func width(of text: String) -> Int {
    let width = text.lazy.flatMap(Typeface.shared.letters(for:)).reduce(0.0) { $0 + advance(of: $1) }
    return Int(width.rounded(.up))
  }

  /// The lines that `text` needs in `width` pixels, broken at spaces; a longer word has a line of its own.
  public func lines(of text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if line.isEmpty || self.width(of: longer) <= width {
        line = longer
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    return lines + [line]
  }

  /// `text`, shortened in the middle so that it fits `width` pixels.
  public func shortened(_ text: String, width: Int) -> String {
    guard self.width(of: text) > width else { return text }
    for kept in stride(from: text.count - 1, through: 2, by: -1) {
      let shorter = text.prefix((kept + 1) / 2) + "…" + text.suffix(kept / 2)
      if self.width(of: String(shorter)) <= width { return String(shorter) }
    }
    return "…"
  }
}

extension Canvas {
  /// What `x` is of a text.
  public enum Alignment: Sendable { case left, centre, right }

  /// Writes one line of text.
  ///
  /// - Parameters:
  ///   - x: the left end, centre or right end of the text, as `alignment` says.
  ///   - top: the upper edge of a capital letter.
  public mutating func write(_ text: String, x: Int, top: Int, _ style: TextStyle, alignment: Alignment = .left) {
    var left = x
    switch alignment {
    case .left: break
    case .centre: left -= style.width(of: text) / 2
    case .right: left -= style.width(of: text)
    }
    var pen = Double(left)
    for letter in text.flatMap(Typeface.shared.letters(for:)) {
      let column = pen.rounded(.down)
      draw(Typeface.shared.draw(letter, style, pen: pen - column), x: Int(column), baseline: top + style.capHeight, style.colour)
      pen += style.advance(of: letter)
    }
  }

  private mutating func draw(_ glyph: Glyph, x: Int, baseline: Int, _ colour: Colour) {
    for (index, covered) in glyph.coverage.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: glyph.width)
      paint(x: x + glyph.x + column, y: baseline + glyph.y + row, colour, coverage: Double(covered) / 255)
    }
  }
}
