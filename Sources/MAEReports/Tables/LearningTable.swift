import Foundation
import MAEEvaluation
import MAEFoundation

/// Curves of `mae bench learn` as a table for people or programs.
public struct LearningTable {
  private let curves: [LearningCurve]

  /// A table of curves.
  public init(_ curves: [LearningCurve]) { self.curves = curves }

  /// The curves as JSON.
  public var json: String { JSONText.indented(curves) + "\n" }

  /// A table in Markdown for each probe, and one of the runs.
  public var markdown: String {
    let tables = LearningProbe.allCases.map { ($0.title, shares($0)) } + [("Runs", runs)]
    return tables.map { "\($0.0)\n\n\(Self.text($0.1))" }.joined(separator: "\n")
  }

  /// A row for each recipe, a column for each mark.
  func shares(_ probe: LearningProbe) -> PageTable {
    let summaries = LearningSummary.of(curves)
    let marks = Set(summaries.flatMap(\.marks)).sorted { ($0 ?? .infinity) < ($1 ?? .infinity) }
    return PageTable(
      ["recipe", "seeds"] + marks.map { $0.map { "\(NumberText.short($0)) min" } ?? "end" } + ["end at"],
      rows: summaries.map { summary in
        let cells = marks.map { mark in
          summary.share(at: mark, probe.value).map { share in
            let spread = summary.curves.count > 1 ? " (\(Self.share(share.least))–\(Self.share(share.most)))" : ""
            return Self.share(share.mean) + spread
          } ?? "–"
        }
        let end = summary.marks.contains(nil) ? "\(NumberText.short(summary.minutes(at: nil), digits: 3)) min" : "–"
        return [summary.recipe, "\(summary.curves.count)"] + cells + [end]
      })
  }

  /// A row for each run.
  var runs: PageTable {
    PageTable(
      ["recipe", "seed", "method", "steps", "epochs", "threads", "level", "processor", "program"],
      rows: curves.map { curve in
        let last = curve.points.last
        return [
          curve.recipe, "\(curve.seed)", curve.method, last.map { "\($0.step)" } ?? "–",
          last.map { NumberText.short($0.epoch, digits: 3) } ?? "–", "\(curve.threads)", curve.instructionLevel, curve.processor,
          curve.program,
        ]
      })
  }

  private static func share(_ value: Double) -> String { String(format: "%.3f", value) }

  private static func text(_ table: PageTable) -> String {
    ([table.titles, table.titles.map { _ in "---" }] + table.rows).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
  }
}

/// What judges features in `mae bench learn`.
enum LearningProbe: CaseIterable {
  case linear, neighbours

  var title: String {
    switch self {
    case .linear: "Share that a linear probe recognises, after so much processor time"
    case .neighbours: "Share that the votes of 20 neighbours recognise, after so much processor time"
    }
  }

  var value: KeyPath<LearningCurve.Point, Double> {
    switch self {
    case .linear: \.linear
    case .neighbours: \.neighbours
    }
  }
}
