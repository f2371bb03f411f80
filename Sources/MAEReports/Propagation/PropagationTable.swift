import Foundation
import MAEEvaluation

/// The figures of a propagation for people; the protocol stands above them.
public struct PropagationTable {
  private let result: PropagationResult

  /// Of what came out.
  public init(_ result: PropagationResult) { self.result = result }

  /// Lines of text.
  public var text: String {
    let step = result.step.map { ", step \($0)" } ?? ""
    var lines = ["\(result.checkpoint) (\(result.method)\(step))", result.rules.description]
    lines += table
    if let totals = result.totals {
      lines.append(
        """
        over \(result.sequences.reduce(0) { $0 + ($1.objects?.count ?? 0) }) objects, frames between the first and the last: \
        recall J \(Self.share(totals.region.recall)), F \(Self.share(totals.boundary.recall)); \
        decay J \(Self.share(totals.region.decay)), F \(Self.share(totals.boundary.decay))
        """)
    }
    if let pck = result.pck {
      let unseen = result.unseenPoints ?? 0
      lines.append(
        "PCK " + pck.map { String(format: "@%g %.1f %%", $0.within, $0.percent) }.joined(separator: ", ")
          + " (without first frames\(unseen > 0 ? "; \(unseen) points are in no frame and left out" : ""))")
    }
    if let mean = result.meanIou, let later = result.meanIouAfterFirst {
      lines.append("mean IoU \(Self.share(mean)), without the first frames, whose labels are given, \(Self.share(later))")
    }
    if result.totals == nil, result.pck == nil, result.meanIou == nil {
      lines.append("nothing to compare with: masks are judged where every frame has true ones, of three frames and more")
    }
    let frames = result.sequences.reduce(0) { $0 + $1.frames }
    lines.append(String(format: "%d frames in %.1f s", frames, result.seconds))
    return lines.joined(separator: "\n") + "\n"
  }

  private var table: [String] {
    var rows = [["sequence", "frames", "encoded at"]]
    if result.totals != nil { rows[0] += ["J&F", "J", "F"] }
    if result.pck != nil { rows[0].append("PCK@0.1") }
    if result.meanIou != nil { rows[0].append("mean IoU") }
    for sequence in result.sequences {
      var row = [
        sequence.name, "\(sequence.frames)", sequence.encodedSize.map(String.init).joined(separator: "×"),
      ]
      if result.totals != nil {
        let own = sequence.objects.map { ObjectTotals($0) }
        row += [own?.score, own?.region.mean, own?.boundary.mean].map { $0.map(Self.share) ?? "–" }
      }
      if result.pck != nil { row.append(sequence.pck.map { String(format: "%.1f", $0) } ?? "–") }
      if result.meanIou != nil { row.append(sequence.meanIou.map(Self.share) ?? "–") }
      rows.append(row)
    }
    if let totals = result.totals, result.sequences.count > 1 {
      rows.append(["all", "", "", Self.share(totals.score), Self.share(totals.region.mean), Self.share(totals.boundary.mean)])
    }
    let widths = rows[0].indices.map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let room = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + room : room + cell.0
      }.joined(separator: "  ")
    }
  }

  private static func share(_ value: Double) -> String { String(format: "%.3f", value) }
}
