import MAECore
import MAEData
import MAEEvaluation
import MAEMedia

/// A frame with its labels laid over it, each in its own colour.
public enum LabelOverlay {
  /// Objects are tinted and outlined; points are dots with a light ring.
  public static func picture(_ frame: Image, _ labels: PropagatedLabels) -> Image {
    var canvas = Canvas(frame)
    switch labels {
    case .picture(let picture): tint(&canvas, picture)
    case .points(let points): dot(&canvas, points)
    }
    return canvas.image
  }

  /// Of a label from 1 on.
  static func colour(of label: Int) -> Colour {
    if label <= Style.series.count { return Style.series[label - 1] }
    let (red, green, blue) = LabelPicture.palette[label % 256]
    return Colour(red: red, green: green, blue: blue)
  }

  private static func tint(_ canvas: inout Canvas, _ labels: LabelPicture) {
    let (width, height) = (labels.size.width, labels.size.height)
    for y in 0..<height {
      for x in 0..<width {
        let label = labels.ids[y * width + x]
        guard label > 0 else { continue }
        let isEdge =
          (x + 1 < width && labels.ids[y * width + x + 1] != label) || (x > 0 && labels.ids[y * width + x - 1] != label)
          || (y + 1 < height && labels.ids[(y + 1) * width + x] != label) || (y > 0 && labels.ids[(y - 1) * width + x] != label)
        canvas.paint(x: x, y: y, colour(of: Int(label)), coverage: isEdge ? 1 : 0.5)
      }
    }
  }

  private static func dot(_ canvas: inout Canvas, _ points: [Keypoint?]) {
    let radius = max(2, Double(canvas.size.shorterSide) / 90)
    for (index, point) in points.enumerated() {
      guard let point else { continue }
      let place = (x: point.x, y: point.y)
      canvas.line(from: place, to: place, Style.paper, thickness: 2 * radius + 2)
      canvas.line(from: place, to: place, colour(of: index % Style.series.count + 1), thickness: 2 * radius)
    }
  }
}
