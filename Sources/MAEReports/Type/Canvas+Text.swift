import MAECore

extension TextStyle {
  /// Width of a line of text in pixels.
  public func width(of text: String) -> Int {
    let width = text.reduce(0) { $0 + advance(of: Typeface.glyph(for: $1)) }
    return max(0, width - spacing)
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

  /// Widths are whole pixels, so that the left and the right stem of a letter are equally sharp.
  fileprivate func glyphWidth(_ glyph: Glyph) -> Int { Int((glyph.width * unit).rounded()) }

  private var spacing: Int { Int((weight.spacing * unit).rounded()) }

  fileprivate func advance(of glyph: Glyph) -> Int { glyphWidth(glyph) + spacing }

  fileprivate func strokes(of glyph: Glyph, x: Int, baseline: Int) -> [Stroke] {
    let stretch = glyph.width > 0 ? Double(glyphWidth(glyph)) / glyph.width : unit
    let radius = weight.strokeWidth * unit / 2
    func place(_ point: StrokePoint) -> StrokePoint {
      StrokePoint(x: Double(x) + point.x * stretch, y: Double(baseline) - height(of: point.y))
    }
    return glyph.strokes.map { Stroke(points: $0.map(place), radius: radius) }
      + glyph.dots.map { Stroke(points: [place($0)], radius: radius * 1.25) }
  }

  /// Pixels above the baseline: the heights where letters end fall on whole pixels, what lies between follows.
  private func height(of y: Double) -> Double {
    let small = (Glyph.smallHeight * unit).rounded()
    if y < 0 { return y / Glyph.tail * (Glyph.tail * unit).rounded() }
    if y <= Glyph.smallHeight { return y / Glyph.smallHeight * small }
    return small + (y - Glyph.smallHeight) / (Glyph.capHeight - Glyph.smallHeight) * (Double(capHeight) - small)
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
    for character in text {
      let glyph = Typeface.glyph(for: character)
      draw(style.strokes(of: glyph, x: left, baseline: top + style.capHeight), style.colour)
      left += style.advance(of: glyph)
    }
  }
}
