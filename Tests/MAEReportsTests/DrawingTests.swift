import MAECore
import MAEReports
import Testing

@Suite struct DrawingTests {
  private let blank = FrameSize(width: 40, height: 30)

  /// Columns and rows that differ from the paper.
  private func inked(_ canvas: Canvas) -> [(x: Int, y: Int)] {
    var places: [(x: Int, y: Int)] = []
    for y in 0..<canvas.size.height {
      for x in 0..<canvas.size.width where canvas.colour(x: x, y: y) != Style.paper { places.append((x, y)) }
    }
    return places
  }

  @Test("a filled rectangle covers exactly its pixels, also when it hangs over the edge")
  func fill() {
    var canvas = Canvas(size: blank)
    canvas.fill(PixelRect(x: 35, y: -2, width: 10, height: 5), Style.ink)
    let places = inked(canvas)
    #expect(places.count == 5 * 3)
    #expect(places.allSatisfy { (35..<40).contains($0.x) && (0..<3).contains($0.y) })
    canvas.fill(PixelRect(x: 100, y: 100, width: 10, height: 5), Style.ink)
    canvas.fill(PixelRect(x: -100, y: -100, width: 10, height: 5), Style.ink)
    #expect(inked(canvas).count == 15)
  }

  @Test("an enlarged picture repeats each pixel as a square", arguments: [1, 2, 3, 7])
  func enlarge(scale: Int) {
    let small = Image(size: FrameSize(width: 3, height: 2), pixels: (0..<18).map { UInt8($0 * 14) })
    let large = small.enlarged(by: scale)
    #expect(large.size == FrameSize(width: 3 * scale, height: 2 * scale))
    for y in 0..<large.size.height {
      for x in 0..<large.size.width {
        let (to, from) = (large.offset(x: x, y: y), small.offset(x: x / scale, y: y / scale))
        #expect(large.pixels[to..<to + 3] == small.pixels[from..<from + 3])
      }
    }
  }

  @Test("a picture drawn over the edge is cut off")
  func cutOff() {
    var canvas = Canvas(size: blank)
    canvas.draw(Image(size: FrameSize(square: 4), filledWith: [1, 2, 3]), x: -5, y: 28, scale: 2)
    let places = inked(canvas)
    #expect(places.count == 3 * 2)
    #expect(places.allSatisfy { $0.x < 3 && $0.y >= 28 })
  }

  @Test("grey and transparent pictures become RGB")
  func channels() {
    let one = FrameSize(square: 1)
    #expect(Image(size: one, channels: .grey, pixels: [7]).inRGB.pixels == [7, 7, 7])
    #expect(Image(size: one, channels: .rgba, pixels: [7, 8, 9, 0]).inRGB.pixels == [7, 8, 9])
  }

  @Test("a horizontal line of three pixels is three pixels thick")
  func line() {
    var canvas = Canvas(size: blank)
    canvas.line(from: (10, 15), to: (30, 15), Style.ink, thickness: 3)
    let middle = inked(canvas).filter { $0.x == 20 }.map(\.y)
    #expect(middle == [14, 15, 16])
    #expect(canvas.colour(x: 20, y: 14) == Style.ink)
  }

  @Test("a line from a place to itself is a round dot of its thickness")
  func dot() {
    var canvas = Canvas(size: blank, colour: Colour(grey: 255))
    canvas.line(from: (20, 15), to: (20, 15), Colour(grey: 0), thickness: 12)
    let ink = canvas.image.pixels.reduce(0.0) { $0 + Double(255 - $1) } / (3 * 255)
    #expect(abs(ink - 36 * .pi) < 1.5)
  }
}
