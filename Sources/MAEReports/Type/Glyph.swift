import Foundation

/// The shape of a character as strokes of a pen, on a design grid of our own.
///
/// The baseline is 0, capitals and digits reach 10, small letters 7, tails −3; `y` grows upwards. The outline is a line of
/// commands:
///
///     M x y             lift the pen and move
///     L x y             straight line
///     Q cx cy x y       curve towards (cx, cy), ending at (x, y)
///     E cx cy rx ry a b part of an ellipse from angle a to angle b, degrees against the clock
///     D x y             dot
struct Glyph: Sendable {
  static let capHeight = 10.0
  static let smallHeight = 7.0
  static let tail = -3.0

  var width: Double
  var strokes: [[StrokePoint]]
  var dots: [StrokePoint]

  init(_ width: Double, _ outline: String) {
    self.width = width
    strokes = []
    dots = []
    for (command, numbers) in Self.commands(in: outline) { append(command, numbers) }
  }

  private mutating func append(_ command: Character, _ n: [Double]) {
    switch command {
    case "M": strokes.append([StrokePoint(x: n[0], y: n[1])])
    case "L": strokes[strokes.count - 1].append(StrokePoint(x: n[0], y: n[1]))
    case "D": dots.append(StrokePoint(x: n[0], y: n[1]))
    case "Q":
      let start = strokes[strokes.count - 1].last ?? StrokePoint(x: 0, y: 0)
      for step in 1...8 {
        let t = Double(step) / 8
        let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
        strokes[strokes.count - 1].append(
          StrokePoint(x: a * start.x + b * n[0] + c * n[2], y: a * start.y + b * n[1] + c * n[3]))
      }
    case "E":
      let steps = max(4, Int(abs(n[5] - n[4]) / 15))
      strokes.append(
        (0...steps).map { step in
          let angle = (n[4] + (n[5] - n[4]) * Double(step) / Double(steps)) * .pi / 180
          return StrokePoint(x: n[0] + n[2] * cos(angle), y: n[1] + n[3] * sin(angle))
        })
    default: preconditionFailure("Glyph: command \(command)")
    }
  }

  private static func commands(in outline: String) -> [(Character, [Double])] {
    var commands: [(Character, String)] = []
    for character in outline {
      if character.isLetter {
        commands.append((character, ""))
      } else {
        commands[commands.count - 1].1.append(character)
      }
    }
    return commands.map { ($0.0, $0.1.split(separator: " ").compactMap { Double($0) }) }
  }
}
