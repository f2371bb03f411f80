extension FileList {
  /// Files that are opened to tell readings apart.
  private static let sampleCount = 16

  /// What two whole numbers behind a path may be.
  private enum Reading: String, CaseIterable {
    /// The lists of VideoMAE's and other public code.
    case totalAndLabel = "path, total frames, label"
    case span = "path, start, total"

    /// Whether the numbers can mean this for a file of `count` frames, which others may count a little differently.
    func fits(_ numbers: [Int], frameCount count: Int) -> Bool {
      let tolerance = max(2, count / 50)
      return switch self {
      case .totalAndLabel: abs(numbers[0] - count) <= tolerance
      case .span: numbers.count == 2 && numbers[0] < count && (numbers[1] <= 0 || numbers[0] + numbers[1] <= count + tolerance)
      }
    }
  }

  /// Decides what the two numbers behind paths are: the frames' own count tells `total label` from `start total`.
  ///
  /// - Parameter frameCount: Frames of the file at a path, or files of a folder; nil where it cannot be opened.
  /// - Throws: ``DataError`` when neither reading fits.
  package mutating func settleColumns(_ frameCount: (String) -> Int?) throws(DataError) {
    let open = entries.indices.filter { !entries[$0].numbers.isEmpty }
    guard !open.isEmpty else { return }
    let reading: Reading
    if open.contains(where: { entries[$0].numbers[0] == 0 }), open.allSatisfy({ entries[$0].numbers.count == 2 }) {
      // No file has no frames.
      reading = .span
    } else {
      reading = try sampledReading(open, frameCount)
    }
    for index in open {
      let numbers = entries[index].numbers
      switch reading {
      case .totalAndLabel: entries[index].label = entries[index].label ?? String(numbers[1])
      case .span: entries[index].span = Self.span(numbers[0], numbers[1])
      }
      entries[index].numbers = []
    }
    form = form.replacing("path and two numbers", with: reading.rawValue)
  }

  private func sampledReading(_ open: [Int], _ frameCount: (String) -> Int?) throws(DataError) -> Reading {
    // Words behind one number leave no place for a second one.
    var left = open.allSatisfy { entries[$0].numbers.count == 2 } ? Reading.allCases : [.totalAndLabel]
    var isAnyOpened = false
    let step = max(1, open.count / Self.sampleCount)
    for index in stride(from: 0, to: open.count, by: step).map({ open[$0] }) {
      let entry = entries[index]
      guard let count = frameCount(entry.path) else { continue }
      isAnyOpened = true
      left.removeAll { !$0.fits(entry.numbers, frameCount: count) }
      if left.isEmpty {
        throw DataError(
          .unusable,
          """
          line \(entry.line): \(entry.inWords) behind a file of \(count) frames are neither its total and a label nor a start \
          and a length that fit all lines before; name the columns in a first line, such as path,total_frames,label or \
          path,start,total
          """)
      }
    }
    guard isAnyOpened else {
      throw DataError(
        .unusable,
        """
        line \(entries[open[0]].line): \(entries[open[0]].inWords) stand behind the path, and no file can be opened to tell \
        what they are; name the columns in a first line, such as path,total_frames,label or path,start,total
        """)
    }
    // Where both fit, every span would begin with its file's last frames.
    return left[0]
  }
}

extension FileList.Entry {
  /// What stands behind the path.
  fileprivate var inWords: String {
    numbers.count == 2 ? "the numbers \(numbers[0]) and \(numbers[1])" : "the number \(numbers[0]) and the words '\(label ?? "")'"
  }
}
