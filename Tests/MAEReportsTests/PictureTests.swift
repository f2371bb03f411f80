import MAECore
import MAEReports
import Testing

@Suite struct PictureTests {
  private func picture(_ size: FrameSize, _ colour: Colour) -> Image {
    Image(size: size, filledWith: [colour.red, colour.green, colour.blue])
  }

  @Test("hidden patches are covered, visible ones keep every byte")
  func maskedPicture() {
    let pixels = (0..<(8 * 12 * 3)).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let original = Image(size: FrameSize(width: 12, height: 8), pixels: pixels)
    let grid = TokenGrid(time: 2, height: 2, width: 3)
    let mask = TokenMask(grid: grid, isHidden: (0..<12).map { $0 == 1 || $0 == 9 })
    for (slot, hidden) in [(0, 1), (1, 3)] {
      let masked = MaskedPicture.draw(original, mask: mask, slot: slot)
      for y in 0..<8 {
        for x in 0..<12 {
          let offset = original.offset(x: x, y: y)
          let bytes = Array(masked.pixels[offset..<offset + 3])
          if y / 4 * 3 + x / 4 == hidden {
            #expect(Set([Style.hidden, Style.hiddenLines]).contains(Colour(red: bytes[0], green: bytes[1], blue: bytes[2])))
          } else {
            #expect(bytes == Array(pixels[offset..<offset + 3]))
          }
        }
      }
    }
  }

  @Test("frames of a tubelet share a mask")
  func maskedClip() {
    let clip = Clip(size: FrameSize(square: 4), times: [0, 1, 2, 3], pixels: [UInt8](repeating: 9, count: 4 * 48))
    let mask = TokenMask(grid: TokenGrid(time: 2, height: 1, width: 1), isHidden: [true, false])
    let frames = MaskedPicture.draw(clip, mask: mask)
    #expect(frames[0] == frames[1] && frames[2] == frames[3])
    #expect(frames[0] != frames[2] && frames[2] == clip.frame(2))
  }

  @Test("a guide's sheet shows the object as it is, everything else pale, and no object as an empty place")
  func guideSheet() {
    let colour = Colour(red: 200, green: 10, blue: 90)
    let grid = TokenGrid(height: 2, width: 2)
    let mask = TokenMask(grid: grid, isHidden: [true, false, false, false])
    func sheet(_ isObject: [Bool]?) -> Canvas {
      Canvas(
        GuideSheet(
          title: "t", maskTitles: ["random"],
          rows: [
            GuideSheet.Row(
              title: "a", picture: picture(FrameSize(square: 144), colour), isObject: isObject,
              scores: isObject.map { $0.map { $0 ? 1 : -1 } }, masks: [mask])
          ], caption: []
        ).draw())
    }
    let quarter = 72 * 72
    // The whole picture, a quarter of it as the object, three quarters where one is hidden.
    #expect(sheet([true, false, false, false]).places(of: colour).count == quarter * (4 + 1 + 3))
    #expect(sheet(nil).places(of: colour).count == quarter * (4 + 3))
    // The score's ends have the scale's end colours.
    let scored = sheet([true, false, true, false])
    #expect(scored.places(of: ColourScale.sequential.colour(1)).count == 2 * quarter)
    #expect(scored.places(of: ColourScale.sequential.colour(0)).count == 2 * quarter)
  }

  @Test("a strip holds every picture unchanged, in rows and columns")
  func clipStrip() throws {
    let size = FrameSize(width: 200, height: 100)
    func shades(_ base: UInt8) -> [Image] { (0..<3).map { picture(size, Colour(red: base, green: UInt8($0), blue: 1)) } }
    let sheet = ReconstructionStrip.draw(
      ReconstructionPictures(
        title: "a.mp4", original: shades(10), masked: shades(20), reconstruction: shades(30), caption: ["below"],
        times: [0, 0.5, 1], frameRate: 2))
    for (row, base) in [UInt8(10), 20, 30].enumerated() {
      for column in 0..<3 {
        let wanted = Colour(red: base, green: UInt8(column), blue: 1)
        let places = Canvas(sheet).places(of: wanted)
        #expect(places.count == size.pixelCount)
        let (left, top) = (places.map(\.x).min() ?? 0, places.map(\.y).min() ?? 0)
        #expect((left - Canvas(sheet).left(of: Colour(red: 10, green: 0, blue: 1))) == column * (size.width + Style.gap))
        #expect((top - Canvas(sheet).top(of: Colour(red: 10, green: 0, blue: 1))) == row * (size.height + Style.gap))
      }
    }
  }

  @Test("a long clip shows evenly chosen frames, and the sheet says so by growing one line")
  func longClip() {
    let frames = (0..<16).map { picture(FrameSize(square: 176), Colour(red: 200, green: UInt8($0), blue: 0)) }
    let pictures = ReconstructionPictures(
      original: frames, masked: frames, reconstruction: frames, caption: ["below"], times: (0..<16).map(Double.init), frameRate: 1
    )
    let sheet = Canvas(ReconstructionStrip.draw(pictures))
    let shown = (0..<16).filter { !sheet.places(of: Colour(red: 200, green: UInt8($0), blue: 0)).isEmpty }
    #expect(shown == [0, 2, 4, 6, 8, 10, 12, 14])
    let whole = ReconstructionStrip.draw(pictures, columns: 16)
    #expect(sheet.size.height == whole.size.height + Style.note.lineHeight)
  }

  @Test("a still gives three pictures side by side, small ones enlarged by a whole factor")
  func still() {
    let size = FrameSize(square: 96)
    let sheet = Canvas(
      ReconstructionStrip.draw(
        ReconstructionPictures(
          original: [picture(size, Colour(0x010101))], masked: [picture(size, Colour(0x020202))],
          reconstruction: [picture(size, Colour(0x030303))], caption: [], times: [0], frameRate: 0)))
    let lefts = [Colour(0x010101), Colour(0x020202), Colour(0x030303)].map { colour in
      #expect(sheet.places(of: colour).count == 384 * 384)
      return sheet.left(of: colour)
    }
    #expect(lefts == [lefts[0], lefts[0] + 390, lefts[0] + 780])
  }

  @Test("a montage leaves missing pictures empty and keeps its width")
  func montage() {
    let one = picture(FrameSize(square: 10), Colour(0x000001))
    let full = Montage(rows: [.init("a", [one, one]), .init("b", [one, one])], cellWidth: 10).draw()
    let holed = Montage(rows: [.init("a", [one, nil]), .init("b", [one, one])], cellWidth: 10).draw()
    #expect(full.size == holed.size)
    #expect(Canvas(holed).places(of: Colour(0x000001)).count == 300)
  }
}

extension Canvas {
  func places(of colour: Colour) -> [(x: Int, y: Int)] {
    var places: [(x: Int, y: Int)] = []
    for y in 0..<size.height {
      for x in 0..<size.width where self.colour(x: x, y: y) == colour { places.append((x, y)) }
    }
    return places
  }
  func left(of colour: Colour) -> Int { places(of: colour).map(\.x).min() ?? -1 }
  func top(of colour: Colour) -> Int { places(of: colour).map(\.y).min() ?? -1 }
}
