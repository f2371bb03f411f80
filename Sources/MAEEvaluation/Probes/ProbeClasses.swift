import MAEData
import MAEFoundation

/// The files of a probe with the numbers of their classes.
struct ProbeClasses {
  /// In byte order.
  let names: [String]
  let training: [(file: ManifestFile, label: Int)]
  /// nil = folds of the training files.
  let validation: [(file: ManifestFile, label: Int)]?
  /// What a person should know of files that are left out, one sentence each.
  private(set) var notes: [String] = []

  /// - Throws: ``DataError`` when labels are missing, when there are fewer than two classes or a class of a single file, or when
  ///   validation has other classes than training.
  init(training: Manifest, validation: Manifest?) throws(DataError) {
    let names = training.labels
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    guard !names.isEmpty else {
      throw DataError(
        .unusable,
        """
        \(training.files[0].path): has no label, nor has any other training file; put the files of each class into a folder of \
        its own, or give a list with a path and a label in each line
        """)
    }
    guard names.count > 1 else {
      throw DataError(
        .unusable, "all training files are of the class '\(names[0])'; a probe tells classes apart and needs two or more")
    }
    var notes: [String] = []
    func labelled(_ manifest: Manifest, _ part: String) -> [(file: ManifestFile, label: Int)] {
      let found = manifest.files.sortedByPath.compactMap { file in file.label.flatMap { numbers[$0] }.map { (file, $0) } }
      if found.count < manifest.files.count {
        let first = manifest.files.first { $0.label == nil }
        notes.append(
          "\(manifest.files.count - found.count) of \(manifest.files.count) \(part) files have no label and are left out, first "
            + (first?.path ?? ""))
      }
      return found
    }
    if let validation {
      let others = validation.labels
      guard !others.isEmpty else {
        throw DataError(
          .unusable,
          """
          \(validation.files[0].path): has no label, nor has any other validation file; it needs the classes of the training \
          set: \(Self.list(names))
          """)
      }
      if let unknown = others.first(where: { numbers[$0] == nil }) {
        throw DataError(
          .unusable,
          """
          validation has the class '\(unknown)', and training does not (it has \(Self.list(names))); give folders or labels of \
          the same names to both
          """)
      }
      if let missing = names.first(where: { !others.contains($0) }) {
        throw DataError(
          .unusable,
          """
          training has the class '\(missing)', and validation does not (it has \(Self.list(others))); give folders or labels of \
          the same names to both
          """)
      }
    }
    self.names = names
    self.training = labelled(training, "training")
    self.validation = validation.map { labelled($0, "validation") }
    self.notes = notes
    try requireSeveral(self.training.map(\.label))
  }

  /// - Parameter labels: of the training samples that there are.
  func requireSeveral(_ labels: [Int]) throws(DataError) {
    for (number, name) in names.enumerated() {
      let count = labels.count { $0 == number }
      if count < 2 {
        throw DataError(
          .unusable,
          """
          the class '\(name)' has \(count == 1 ? "one training sample" : "no training sample that can be read"); two of each \
          class are needed: add samples, or leave the class out
          """)
      }
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }
}
