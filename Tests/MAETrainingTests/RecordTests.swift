import Foundation
import MAETraining
import TestSupport
import Testing

/// Event files and logs that other programs read.
@Suite struct RecordTests {
  private func line(_ step: Int, perEpoch: Double, loss: Double?) -> StepMetrics {
    StepMetrics(
      step: step, epoch: Double(step) / perEpoch, loss: loss, lr: 0.001 * Double(step), gradNorm: 1, samplesPerSecond: 8,
      dataShare: 0, memoryBytes: 1, seconds: Double(step))
  }

  @Test("events come back as they were written, whatever the number of a step takes")
  func events() throws {
    let folder = TemporaryFolder()
    let steps = [0, 1, 127, 128, 300, 16_384, 3_000_000_000]
    do {
      let file = try EventFile(path: folder.path("e"), continuingAfter: nil)
      for step in steps {
        try file.append(
          step: step, time: 1e9 + Double(step),
          [EventValue("loss", .scalar(0.5)), EventValue("ä/b", .picture(png: [1, 2, 3], width: 5, height: 4))])
      }
      try file.append(step: 9, [])
    }
    let read = try EventReader(folder.data("e"))
    #expect(read.events.first?.version == "brain.Event:2")
    #expect(read.steps.map(\.step) == steps)
    for event in read.steps {
      #expect(event.time == 1e9 + Double(event.step) && event.scalars == ["loss": 0.5])
      let picture = try #require(event.pictures["ä/b"])
      #expect(picture.png == Data([1, 2, 3]) && picture.width == 5 && picture.height == 4)
    }
  }

  @Test("checksums are turned and moved as TensorFlow has them")
  func checksum() {
    // CRC-32C of "123456789" is e3069283 (RFC 3720).
    let turned: UInt32 = 0xe306_9283 >> 15 | 0xe306_9283 << 17
    #expect(EventReader.checksum(Array("123456789".utf8)) == turned &+ 0xa282_ead8)
  }

  @Test("a continued file has the events up to its step, once each, whatever a kill left behind")
  func cut() throws {
    let folder = TemporaryFolder()
    let path = folder.path("e")
    do {
      let file = try EventFile(path: path, continuingAfter: nil)
      for step in 1...6 { try file.append(step: step, [EventValue("loss", .scalar(Double(step)))]) }
    }
    let whole = try folder.data("e")
    let perEvent = try (whole.count - EventFileSizes.version(whole)) / 6
    for (content, kept) in [
      (whole, 4), (whole + Data([7, 0, 0]), 4), (whole.prefix(whole.count - 1), 4),
      (whole.prefix(whole.count - 3 * perEvent + 5), 3),
    ] {
      try Data(content).write(to: URL(fileURLWithPath: path))
      do {
        let file = try EventFile(path: path, continuingAfter: 4)
        try file.append(step: 5, [EventValue("loss", .scalar(50))])
      }
      #expect(try EventReader(folder.data("e")).steps.map(\.step) == Array(1...kept) + [5])
    }
    // A flipped bit ends what counts.
    var damaged = whole
    damaged[whole.count - 2 * perEvent - 6] ^= 4
    try damaged.write(to: URL(fileURLWithPath: path))
    _ = try EventFile(path: path, continuingAfter: 6)
    #expect(try EventReader(folder.data("e")).steps.map(\.step) == [1, 2, 3])
    // A run that begins has none.
    _ = try EventFile(path: path, continuingAfter: nil)
    #expect(try EventReader(folder.data("e")).events.map(\.version) == ["brain.Event:2"])
  }

  @Test("every number lies in the range that counts it", arguments: [[1, -1, 0], [3], [0, 0], [-2, -2.1, 1e-20, 1e19, 5e-4]])
  func histogram(values: [Float]) throws {
    let histogram = try #require(Histogram(values + [.nan, .infinity]))
    #expect(histogram.limits == histogram.limits.sorted() && Set(histogram.limits).count == histogram.limits.count)
    var expected = histogram.counts.map { _ in 0.0 }
    for value in values { expected[histogram.limits.firstIndex { Double(value) <= $0 }!] += 1 }
    #expect(histogram.counts == expected)
    #expect(histogram.least == Double(values.min()!) && histogram.most == Double(values.max()!))
    #expect(abs(histogram.sum - values.reduce(0) { $0 + Double($1) }) < 1e-9 * max(1, abs(histogram.sum)))
    #expect(Histogram([.nan]) == nil && Histogram([]) == nil)
  }

  @Test("the log has the means of each epoch, the one that the run ends in too", arguments: [4.0, 3.5, 1, 0.5])
  func epochs(perEpoch: Double) throws {
    let folder = TemporaryFolder()
    let lines = (1...10).map { line($0, perEpoch: perEpoch, loss: $0 == 3 ? nil : Double($0)) }
    let whole = try EpochLog(path: folder.path("whole"), after: [])
    for line in lines { try whole.add(line, isLast: line.step == 10) }
    let rows = try folder.text("whole").split(separator: "\n").map { line in
      let values = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return (rate: values["train_lr"] as? Double, loss: values["train_loss"] as? Double, epoch: values["epoch"] as? Int ?? -1)
    }
    // The epoch that a step begins in, each epoch's last step ending it.
    let groups = Dictionary(grouping: lines) { Int(Double($0.step - 1) / perEpoch + 1e-9) }.sorted { $0.key < $1.key }
    #expect(rows.count == groups.count)
    for (row, group) in zip(rows, groups) {
      let losses = group.value.compactMap(\.loss)
      #expect(abs((row.rate ?? -1) - group.value.map(\.lr).reduce(0, +) / Double(group.value.count)) < 1e-12)
      #expect(row.loss.map { abs($0 - losses.reduce(0, +) / Double(losses.count)) < 1e-12 } ?? losses.isEmpty)
      if perEpoch >= 1 { #expect(row.epoch == group.key) }
    }
    #expect(rows.map(\.epoch) == rows.map(\.epoch).sorted() && Set(rows.map(\.epoch)).count == rows.count)
    for stop in 0...9 {
      let continued = try EpochLog(path: folder.path("parts"), after: Array(lines.prefix(stop)))
      for line in lines.dropFirst(stop) { try continued.add(line, isLast: line.step == 10) }
      #expect(try folder.text("parts") == folder.text("whole"), "continued after \(stop)")
    }
  }

  @Test("a journal keeps what was said before, and a line that a kill cut short costs itself alone")
  func journal() throws {
    let folder = TemporaryFolder()
    do { try RunJournal(path: folder.path("j")).add(.start, step: 0, "begun") }
    try folder.write(folder.text("j") + "{\"step\": 3, \"te", to: "j")
    do { try RunJournal(path: folder.path("j")).add(.end, step: 4, "caf\u{e9}") }
    let entries = try RunJournal.read(folder.path("j"))
    #expect(entries.map(\.text) == ["begun", "caf\u{e9}"] && entries.map(\.kind) == [.start, .end])
    #expect(entries.map(\.step) == [0, 4])
  }
}

private enum EventFileSizes {
  /// Bytes of the record that names the version.
  static func version(_ data: Data) throws -> Int { 16 + Int(data[0]) }
}
