import CFreeType
import CTypeface

/// Owns FreeType with the one font that comes along, a part of DejaVu Sans. One thread at a time may use it.
///
/// Nothing is hinted, so every version of FreeType draws the same.
@safe struct FontFace: ~Copyable {
  private let library: FT_Library
  private let face: FT_Face

  init() {
    var library: FT_Library?
    unsafe Self.check(FT_Init_FreeType(&library))
    var face: FT_Face?
    var count = 0
    let bytes = unsafe mae_typeface(&count)
    unsafe Self.check(FT_New_Memory_Face(library, bytes, count, 0, &face))
    unsafe self.library = library!
    unsafe self.face = face!
  }

  deinit {
    unsafe FT_Done_Face(face)
    unsafe FT_Done_FreeType(library)
  }

  /// The font is always the same, so only want of memory, or a FreeType without TrueType, ends here.
  private static func check(_ code: FT_Error) {
    guard code == 0 else { fatalError("FreeType cannot use the font of this program (error \(code)); install a whole FreeType") }
  }

  /// Every character that the font has.
  var letters: [Character: Letter] {
    var letters: [Character: Letter] = [:]
    var number: FT_UInt = 0
    var code = unsafe FT_Get_First_Char(face, &number)
    while number != 0 {
      if let scalar = Unicode.Scalar(UInt32(code)) { letters[Character(scalar)] = letter(number) }
      code = unsafe FT_Get_Next_Char(face, code, &number)
    }
    return letters
  }

  /// What fonts have for characters that they do not have.
  var box: Letter { letter(0) }

  private func letter(_ number: FT_UInt) -> Letter {
    var advance: FT_Fixed = 0
    unsafe Self.check(FT_Get_Advance(face, number, mae_load_units, &advance))
    return Letter(number: number, advance: Double(advance) / unitsPerEm)
  }

  /// The height of capital letters, in ems.
  var capHeight: Double {
    unsafe Self.check(FT_Load_Char(face, FT_ULong(UInt8(ascii: "H")), mae_load_units))
    return unsafe Double(face.pointee.glyph.pointee.metrics.horiBearingY) / unitsPerEm
  }

  private var unitsPerEm: Double { unsafe Double(face.pointee.units_per_EM) }

  /// Draws a letter; all lengths are in pixels.
  ///
  /// - Parameters:
  ///   - em: the size of the type.
  ///   - emboldening: by how much upright strokes are made thicker; level ones stay, and with them the heights of letters.
  ///   - pen: where the letter begins, from the left edge of the pixel that the glyph's `x` is counted from.
  func draw(_ letter: Letter, em: Double, emboldening: Double, pen: Double) -> Glyph {
    func fixed(_ length: Double) -> Int { Int((length * 64).rounded()) }
    unsafe Self.check(FT_Set_Char_Size(face, 0, fixed(em), 0, 0))
    unsafe Self.check(FT_Load_Glyph(face, letter.number, mae_load_unhinted))
    let slot = unsafe face.pointee.glyph!
    unsafe FT_Outline_EmboldenXY(&slot.pointee.outline, fixed(emboldening), 0)
    unsafe FT_Outline_Translate(&slot.pointee.outline, fixed(pen), 0)
    unsafe Self.check(FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL))

    let bitmap = unsafe slot.pointee.bitmap
    let (width, height, pitch) = unsafe (Int(bitmap.width), Int(bitmap.rows), Int(bitmap.pitch))
    var coverage: [UInt8] = []
    for row in 0..<height {
      unsafe coverage.append(contentsOf: UnsafeBufferPointer(start: bitmap.buffer + row * pitch, count: width))
    }
    return unsafe Glyph(
      x: Int(slot.pointee.bitmap_left), y: -Int(slot.pointee.bitmap_top), width: width, coverage: coverage)
  }
}
