import MAEFoundation
import MAETraining

/// What happened in a run beside learning: starts and ends, warnings, steps that were left out, damage.
struct RunStory {
  /// Rows of a table: when, at which step, what.
  private(set) var rows: [[String]] = []
  /// Starts after the first one.
  private(set) var resumes = 0
  /// Parts of the run that ended without a word.
  private(set) var kills = 0

  static let titles = ["when", "step", "what happened"]

  init(_ record: RunRecord) {
    var said: Set<Int> = []
    var entries: [(step: Int, row: [String])] = []
    for (place, entry) in record.journal.enumerated() {
      if entry.kind == .start, place > 0 {
        resumes += 1
        if record.journal[place - 1].kind != .end {
          kills += 1
          entries.append(
            (entry.step, ["", "", "the process before ended without a word: it was killed, or the machine went down"]))
        }
      }
      if entry.kind == .note, entry.text.hasPrefix("step \(entry.step):") { said.insert(entry.step) }
      entries.append((entry.step, [Self.moment(entry.time), "\(entry.step)", Self.sentence(entry)]))
    }
    // Runs of versions without a journal have their troubles in the metrics alone.
    let texts = Set(record.journal.map(\.text))
    for line in record.metrics {
      var found = (line.notes ?? []).filter { !texts.contains($0) }
      if let trouble = line.trouble, !said.contains(line.step) {
        let files = line.files.map { "; its files: " + $0.prefix(8).joined(separator: ", ") } ?? ""
        found.append(trouble + files)
      }
      for text in found {
        let place = entries.firstIndex { $0.step > line.step } ?? entries.count
        entries.insert((line.step, ["", "\(line.step)", text]), at: place)
      }
    }
    rows = entries.map(\.row)
  }

  private static func sentence(_ entry: RunJournal.Entry) -> String {
    entry.kind == .note ? entry.text : "\(entry.kind == .start ? "▶" : "■") \(entry.text)"
  }

  /// `2026-11-26 18:40:01`
  private static func moment(_ time: String) -> String { time.replacing("T", with: " ").replacing("Z", with: "") }
}
