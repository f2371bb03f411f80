import Foundation
import MAECheckpoint
import MAEModels

/// The checkpoints of an analysis in the order of their steps, all of one model.
struct AnalysedCheckpoints {
  struct Entry {
    var description: AnalysisResult.Checkpoint
    var checkpoint: Checkpoint
  }

  let entries: [Entry]
  /// Checkpoints of a run that are damaged, one sentence each.
  let damage: [String]

  /// - Parameter paths: checkpoint folders and weight files; a run folder stands for every checkpoint in it.
  /// - Throws: ``CheckpointError`` when one cannot be read, or is of another model than the others.
  init(_ paths: [String], _ options: WeightOptions) throws(CheckpointError) {
    var (entries, damage): ([Entry], [String]) = ([], [])
    for path in paths {
      for place in Self.places(path, &damage) {
        let checkpoint = try Checkpoint.read(path: place, options: options)
        try checkpoint.requireHeads(decoder: checkpoint.hasDecoder)
        let notes = checkpoint.metadata
        let description = AnalysisResult.Checkpoint(
          path: place, step: notes["step"].flatMap { Int($0) }, epoch: notes["epoch"].flatMap { Double($0) })
        entries.append(Entry(description: description, checkpoint: checkpoint))
      }
    }
    // Files that do not know their step stay where they were named.
    if entries.allSatisfy({ $0.description.step != nil }) {
      entries = entries.enumerated().sorted {
        ($0.element.description.step!, $0.offset) < ($1.element.description.step!, $1.offset)
      }.map(\.element)
    }
    for entry in entries.dropLast() where !Self.isSameModel(entry.checkpoint, entries.last!.checkpoint) {
      throw CheckpointError(
        .unusable, file: entry.checkpoint.path,
        reason:
          "is of another model than \(entries.last!.checkpoint.path); curves need checkpoints of one run, analyse them one by one"
      )
    }
    (self.entries, self.damage) = (entries, damage)
  }

  /// The whole checkpoints of a run folder, or the path itself.
  private static func places(_ path: String, _ damage: inout [String]) -> [String] {
    var found: [String] = []
    for entry in CheckpointStore(folder: path + "/checkpoints").entries() {
      if let error = CheckpointStore.damage(of: entry.path) {
        damage.append("\(error); step \(entry.step) is left out")
      } else {
        found.append(entry.path)
      }
    }
    return found.isEmpty ? [path] : found
  }

  /// Those of earlier phases of a run, with another input size or fewer frames, are looked at with the last one's inputs.
  private static func isSameModel(_ a: Checkpoint, _ b: Checkpoint) -> Bool {
    var (first, second) = (a.configuration, b.configuration)
    (first.input.size, first.input.frames) = (second.input.size, second.input.frames)
    first.masking = second.masking
    first.target = second.target
    second.input.mean = first.input.mean
    second.input.deviation = first.input.deviation
    return first == second && a.hasDecoder == b.hasDecoder
  }
}
