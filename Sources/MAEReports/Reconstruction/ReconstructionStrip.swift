import Foundation
import MAECore

/// A reconstruction on one sheet: of a clip, rows of frames below each other; of a still, three pictures side by side.
public enum ReconstructionStrip {
  /// - Parameter columns: the most frames shown of a clip; from a longer one they are taken evenly, the first among them.
  public static func draw(_ pictures: ReconstructionPictures, columns: Int = 8) -> Image {
    pictures.frameCount == 1 && pictures.past.isEmpty
      ? still(pictures) : clip(pictures, frames: shownFrames(of: pictures.frameCount, columns: columns))
  }

  private static func still(_ pictures: ReconstructionPictures) -> Image {
    Montage(
      title: pictures.title, columnTitles: pictures.rows.map(\.name),
      rows: [Montage.Row("", pictures.rows.map(\.pictures[0]))], caption: pictures.caption, cellWidth: 320
    ).draw()
  }

  private static func clip(_ pictures: ReconstructionPictures, frames: [Int]) -> Image {
    var caption = pictures.caption
    if frames.count < pictures.frameCount {
      caption.append("Shown are \(frames.count) of the clip's \(pictures.frameCount) frames.")
    }
    return Montage(
      title: pictures.title, columnTitles: frames.map { (pictures.past.isEmpty ? "" : "after ") + seconds(pictures.times[$0]) },
      rows: pictures.rows.map { row in Montage.Row(row.name, frames.map { row.pictures[$0] }) },
      caption: caption, cellWidth: 176
    ).draw()
  }

  /// Frame numbers `0 ..< count`, or `columns` of them with equal distances up to rounding.
  static func shownFrames(of count: Int, columns: Int) -> [Int] {
    let shown = max(1, min(count, columns))
    return (0..<shown).map { $0 * count / shown }
  }

  static func seconds(_ time: Double) -> String { String(format: "%.2f s", time) }
}
