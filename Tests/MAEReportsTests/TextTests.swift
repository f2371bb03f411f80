import MAECore
import MAEReports
import Testing

@Suite("text in pictures")
struct TextTests {
  /// Capitals of 20 pixels in black.
  private let black = TextStyle(capHeight: 20, colour: Colour(grey: 0))

  /// Text on white, 20 pixels from the left and from the top.
  private func picture(_ text: String, _ style: TextStyle? = nil, width: Int = 240) -> Image {
    var canvas = Canvas(size: FrameSize(width: width, height: 80), colour: Colour(grey: 255))
    canvas.write(text, x: 20, top: 20, style ?? black)
    return canvas.image
  }

  /// The pixels that are not white, and how dark each is, 0 … 1.
  private func ink(_ image: Image) -> [(x: Int, y: Int, share: Double)] {
    var ink: [(x: Int, y: Int, share: Double)] = []
    for y in 0..<image.size.height {
      for x in 0..<image.size.width {
        let value = image.pixels[image.offset(x: x, y: y)]
        if value < 255 { ink.append((x, y, Double(255 - value) / 255)) }
      }
    }
    return ink
  }

  // Widths and areas of outlines in Debian's whole DejaVuSans.ttf, by fontTools (`hmtx` and its AreaPen): capital letters are
  // 1493 units high.
  @Test(
    "letters are as wide and as dark as the font has them",
    arguments: [
      ("H", 1540, 727_952), ("g", 1300, 732_244), ("@", 2048, 1_116_254), ("é", 1260, 635_587), ("ü", 1298, 572_572),
      ("ß", 1290, 730_086), ("Ł", 1151, 515_866), ("ế", 1260, 690_613), ("Ω", 1565, 859_436), ("Ж", 2206, 1_080_308),
      ("→", 1716, 393_870), ("≈", 1716, 437_995), ("日", 1229, 595_629),
    ])
  func letters(text: String, advance: Int, area: Int) {
    let unit = 20.0 / 1493
    let dark = ink(picture(text)).reduce(0) { $0 + $1.share }
    let expected = Double(area) * unit * unit
    #expect(abs(dark - expected) < 0.01 * expected)
    let width = Double(advance) * unit * 100
    #expect(abs(Double(black.width(of: String(repeating: text, count: 100))) - width) <= 1)
  }

  @Test("capital letters begin and end sharply, in both weights", arguments: 10...24)
  func heights(capHeight: Int) {
    var widths: [Int] = []
    for weight in [TextStyle.Weight.regular, .bold] {
      let style = TextStyle(capHeight: capHeight, weight: weight, colour: Colour(grey: 0))
      let dark = ink(picture("HEI", style))
      #expect(dark.map(\.y).min() == 20 && dark.map(\.y).max() == 19 + capHeight)
      for row in [20, 19 + capHeight] { #expect(dark.contains { $0.y == row && $0.share == 1 }) }
      widths.append(style.width(of: "HEI"))
    }
    #expect(widths[0] < widths[1])
  }

  @Test(
    "marks after a letter, as in names from a Mac, are the accents of that letter",
    arguments: [
      ("\u{e9}", "e\u{301}"), ("\u{fc}", "u\u{308}"), ("\u{d1}", "N\u{303}"), ("\u{1ebf}", "e\u{302}\u{301}"),
      ("\u{1ebf}", "\u{ea}\u{301}"), ("\u{439}", "\u{438}\u{306}"), ("\u{3ac}", "\u{3b1}\u{301}"),
    ])
  func marks(composed: String, decomposed: String) {
    #expect(composed.unicodeScalars.count < decomposed.unicodeScalars.count)
    #expect(picture("caf" + composed + "s") == picture("caf" + decomposed + "s"))
    #expect(picture(composed) != picture(String(decomposed.unicodeScalars.prefix(1))))
    #expect(picture(composed) != picture("日"))
  }

  @Test("marks that no letter of the font has are set over the letter", arguments: ["\u{302}", "\u{301}"])
  func freeMarks(mark: String) {
    let (plain, marked) = (ink(picture("x")), ink(picture("x" + mark)))
    let top = plain.map(\.y).min() ?? 0
    #expect(marked.filter { $0.y >= top }.map(\.share) == plain.map(\.share))
    #expect(marked.filter { $0.y < top }.reduce(0) { $0 + $1.share } > 3)
    #expect(black.width(of: "x" + mark) == black.width(of: "x"))
  }

  @Test(
    "what the font does not have is one box each",
    arguments: ["語", "한", "א", "न", "नि", "👩‍👩‍👧‍👦", "🇫🇷", "❤️", "1\u{fe0f}\u{20e3}", "\u{7}", "\u{efe9}", "日\u{301}"])
  func boxes(text: String) {
    #expect(picture("a" + text + "b") == picture("a日b"))
  }

  @Test(
    "what has no shape leaves nothing",
    arguments: [("a\u{200d}b", "ab"), ("\u{200e}ab", "ab"), ("\u{feff}ab", "ab"), ("©\u{fe0f}", "©"), ("a\u{200b}b", "ab")])
  func shapeless(text: String, shown: String) {
    #expect(picture(text) == picture(shown) && black.width(of: text) == black.width(of: shown))
  }

  private static let ascii = String(String.UnicodeScalarView((UInt8(33)...126).map { Unicode.Scalar($0) }))

  @Test(
    "every letter leaves ink of its own",
    arguments: [
      ascii,
      "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
      "ĄąĆćČčĎďĐđĘęĚěĞğİıĹĺŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšȘșŢţȚțŤťŮůŰűŹźŻżŽž",
      "ẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẸẹẾếỀềỆệỊịỌọỐốỘộỚớỜờỤụỨứỪừỲỳỴỵ", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋ",
      "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюяЇїЄєЎўҐґЂђЋћЉљЊњЏџ",
      "–—‘’“”„«»…·•†°²³µ¿¡§±×÷−≈≠≤≥∞∑√→←↑↓↔⇒€£¥№™©®■□▲●",
    ])
  func alphabets(text: String) {
    var seen: [[UInt8]: Character] = [:]
    for character in text {
      let image = picture(String(character), width: 70)
      #expect(!ink(image).isEmpty, "\(character) is empty")
      #expect(image != picture("日", width: 70), "\(character) is a box")
      #expect(seen.updateValue(character, forKey: image.pixels) == nil, "\(character) looks like another")
    }
  }

  @Test("text stays inside its measured width", arguments: ["mask ratio 0.90", "WAVE", "i", "Qg|j", "–×…", "日本", "Ça coûte"])
  func width(text: String) {
    for style in [Style.title, Style.body, Style.note] {
      let width = style.width(of: text)
      // Letters may reach a little over their ends, as j does.
      let columns = ink(picture(text, style, width: width + 40)).map(\.x)
      #expect((columns.min() ?? 0) >= 19)
      #expect((columns.max() ?? 99) <= 20 + width)
    }
  }

  @Test("text that hangs over an edge is cut off there")
  func cutOff() {
    let whole = picture("été naïve")
    var canvas = Canvas(size: FrameSize(width: 30, height: 12), colour: Colour(grey: 255))
    canvas.write("été naïve", x: -15, top: -5, black)
    for y in 0..<12 {
      for x in 0..<30 {
        #expect(canvas.image.pixels[canvas.image.offset(x: x, y: y)] == whole.pixels[whole.offset(x: x + 35, y: y + 25)])
      }
    }
  }

  @Test("several threads may write at once")
  func threads() async {
    let text = "Grüße aus Málaga"
    let alone = picture(text)
    await withTaskGroup(of: Image.self) { group in
      for _ in 0..<16 { group.addTask { picture(text) } }
      for await image in group { #expect(image == alone) }
    }
  }

  @Test("broken lines keep every word and fit the width")
  func lines() {
    let text = "The network predicts patches that are normalised to mean 0 and deviation 1"
    let lines = Style.note.lines(of: text, width: 150)
    #expect(lines.count > 2)
    #expect(lines.joined(separator: " ") == text)
    #expect(lines.allSatisfy { Style.note.width(of: $0) <= 150 })
    #expect(Style.note.lines(of: "incomprehensibilities", width: 10) == ["incomprehensibilities"])
  }

  @Test("a long name is shortened in the middle")
  func shortened() {
    let name = "a-very-long-name-of-a-clip-that-nobody-would-type.mp4"
    let short = Style.title.shortened(name, width: 200)
    #expect(short.contains("…") && short.hasPrefix("a-very") && short.hasSuffix(".mp4"))
    #expect(Style.title.width(of: short) <= 200)
    #expect(Style.title.shortened("x.mp4", width: 200) == "x.mp4")
  }
}
