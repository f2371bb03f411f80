import Foundation
import MAECluster
import MAECore
import MAEData
import TestSupport
import Testing

@Suite struct ClipLoaderTests {
  private let request = SampleRequest(
    sampling: .clip(frames: 4, stride: 3), size: FrameSize(width: 4, height: 3),
    crop: .resized(minimumArea: 0.3, filter: .bilinear), flipProbability: 0.5)

  private func loader(
    _ files: FakeFiles, count: Int, request: SampleRequest? = nil, batchSize: Int = 4, seed: UInt64 = 1,
    startingAt batch: Int = 0, failedReads: FailedReads = FailedReads(), workers: Int = 2,
    processes: any Processes = SingleProcess(),
    _ change: (inout ClipLoader.Options) -> Void = { _ in }, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> ClipLoader {
    var options = ClipLoader.Options()
    options.workers = workers
    options.maximumBadShare = 1
    change(&options)
    return try ClipLoader(
      files.manifest(count), request: request ?? self.request, batchSize: batchSize, seed: seed, startingAt: batch,
      failedReads: failedReads, options: options, processes: processes, isCancelled: isCancelled, opener: files)
  }

  private func batches(_ loader: ClipLoader, _ count: Int) throws -> [ClipBatch] {
    try (0..<count).map { _ in try loader.next() }
  }

  private func expectEqual(_ left: [ClipBatch], _ right: [ClipBatch]) {
    #expect(left.map(\.pixels) == right.map(\.pixels))
    #expect(left.map(\.samples) == right.map(\.samples))
  }

  @Test("any number of workers gives the same bytes, bad files or not", arguments: [1, 2, 5], [1, 3])
  func workerCount(workers: Int, repeats: Int) throws {
    let files = FakeFiles(broken: [2, 3, 9], damagedFrom: [5: 20, 7: 0], longestDelay: 0.002)
    var request = self.request
    request.repeats = repeats
    let alone = try loader(files, count: 11, request: request, workers: 0)
    let several = try loader(files, count: 11, request: request, workers: workers)
    let (expected, found) = (try batches(alone, 30), try batches(several, 30))
    expectEqual(expected, found)
    #expect(alone.badFiles == several.badFiles)
    #expect(Set(several.badFiles.map(\.file)) == ["2", "3", "9", "5", "7"])
    #expect(several.badFiles.first { $0.file == "7" }?.frameTime != nil)
    #expect(several.badFiles.first { $0.file == "2" } == BadFile(file: "2", reason: "broken"))
  }

  @Test(
    "the parts of processes are the whole, and all know every bad file in its order", arguments: [2, 3, 4], [1, 3])
  func parts(count: Int, repeats: Int) throws {
    let files = FakeFiles(broken: [2, 3, 9], damagedFrom: [5: 20, 7: 0], longestDelay: 0.002)
    var request = self.request
    request.repeats = repeats
    let alone = try loader(files, count: 11, request: request)
    let expected = try batches(alone, 30)
    let found = try ThreadProcesses.run(count) { [request] processes in
      let part = try loader(files, count: 11, request: request, processes: processes)
      return (try batches(part, 30), part.badFiles, part.remarks)
    }
    for (number, batch) in expected.enumerated() {
      #expect(found.flatMap { $0.0[number].pixels } == batch.pixels)
      #expect(found.flatMap { $0.0[number].samples } == batch.samples)
    }
    for (_, bad, remarks) in found {
      #expect(bad == alone.badFiles)
      #expect(remarks == alone.remarks)
    }
  }

  @Test("too many bad files end all processes at the batch at which they end one") func partsOfBadFiles() throws {
    let files = FakeFiles(broken: Set(0..<12))
    @Sendable func end(_ processes: any Processes) throws -> String {
      let part = try loader(files, count: 40, batchSize: 4, processes: processes) { $0.maximumBadShare = 0.2 }
      var number = 0
      do {
        while number < 100 {
          _ = try part.next()
          number += 1
        }
        return "never"
      } catch { return "\(number) \(error.description)" }
    }
    let alone = try end(SingleProcess())
    #expect(!alone.hasPrefix("never"))
    let ends = try ThreadProcesses.run(3, end)
    #expect(ends == [alone, alone, alone])
  }

  @Test("where one process alone finds files bad, it is named") func processWithoutFiles() throws {
    let ends = try ThreadProcesses.run(2) { processes -> String? in
      let files = FakeFiles(broken: processes.rank == 1 ? Set(0..<40) : [])
      let part = try loader(files, count: 40, batchSize: 4, processes: processes) { $0.maximumBadShare = 0.2 }
      do {
        for _ in 0..<100 { _ = try part.next() }
        return nil
      } catch { return "\(error)" }
    }
    for end in ends { #expect(end?.contains("all were found by process 1 of 2: see whether its machine has the data") == true) }
  }

  @Test("a process whose reading is stopped stops the others") func stoppedPart() throws {
    let files = FakeFiles()
    let found = try ThreadProcesses.run(2) { processes -> DataError? in
      let part = try loader(files, count: 10, processes: processes)
      _ = try part.next()
      if processes.rank == 1 { part.stop() }
      do {
        _ = try part.next()
        return nil
      } catch { return error as? DataError }
    }
    #expect(found.allSatisfy { $0?.kind == .interrupted })
    #expect(found[0]?.description.hasPrefix("process 1 of 2: ") == true)
  }

  @Test("batch k is the same wherever the loader starts") func resume() throws {
    let files = FakeFiles(broken: [4])
    let whole = try batches(loader(files, count: 10), 12)
    for start in [1, 2, 5, 11] {
      expectEqual(try batches(loader(files, count: 10, startingAt: start), 12 - start), Array(whole[start...]))
    }
    let other = try batches(loader(files, count: 10, seed: 2), 12)
    #expect(other.map(\.pixels) != whole.map(\.pixels))
  }

  @Test(
    "labels and numbers of files reach their samples",
    arguments: [
      (["b", nil, "a"], [1, nil, 0]), (["7", "3", "10"], [7, 3, 10]), (["7", "x", "-1"], [1, 2, 0]),
    ] as [([String?], [Int?])])
  func labels(labels: [String?], numbers: [Int?]) throws {
    let files = labels.enumerated().map {
      ManifestFile(path: "\($0)", kind: .video, label: $1, numbers: $0 == 1 ? ["reward": 0.5] : [:])
    }
    let loader = try ClipLoader(Manifest(files: files), request: request, batchSize: 3, seed: 1, opener: FakeFiles())
    for sample in try loader.next().samples {
      #expect(sample.label == numbers[sample.file])
      #expect(sample.numbers == (sample.file == 1 ? ["reward": 0.5] : nil))
    }
  }

  @Test("what is done to samples is said, and how many files that are") func remarks() throws {
    // A clip spans ten frames; the files are 30 × 20 pixels and larger.
    let usual = try loader(FakeFiles(), count: 5)
    _ = try batches(usual, 4)
    #expect(usual.remarks.isEmpty)
    var large = request
    large.size = FrameSize(width: 34, height: 20)
    let loader = try loader(FakeFiles(frames: 9), count: 5, request: large)
    _ = try batches(loader, 4)
    try #require(loader.remarks.count == 2)
    #expect(
      loader.remarks[0].hasPrefix("5 of 5 files, first ") && loader.remarks[0].contains("shorter than a clip (4 frames, 3 apart)")
    )
    #expect(
      loader.remarks[1].hasPrefix("4 of 5 files, first ")
        && loader.remarks[1].hasSuffix("smaller than the model's 34×20 pixels, and enlarged"))
  }

  @Test("samples say where they come from") func samples() throws {
    let loader = try loader(FakeFiles(), count: 9)
    for number in 0..<8 {
      let batch = try loader.next()
      #expect(batch.shape == ClipBatchShape(samples: 4, frames: 4, size: FrameSize(width: 4, height: 3)))
      for (slot, sample) in batch.samples.enumerated() {
        #expect(sample.position == number * 4 + slot)
        #expect(sample.epoch == number / 2)
        let pixels = batch.pixels[slot * batch.shape.valuesPerSample..<(slot + 1) * batch.shape.valuesPerSample]
        let tag = [
          sample.file, Int((sample.times[0] * 25).rounded()), sample.crop.x, sample.crop.y, sample.crop.width,
          sample.isFlipped ? 1 : 0,
        ]
        #expect(Array(pixels.prefix(6)) == tag.map { UInt8($0) })
        #expect(sample.crop.fits(in: FrameSize(width: 30 + sample.file, height: 20)))
      }
    }
    #expect(loader.batchesPerEpoch == 2)
  }

  @Test("repeated augmentation opens a file once for its samples", arguments: [4, 6])
  func repeats(batchSize: Int) throws {
    let files = FakeFiles()
    var request = self.request
    request.repeats = 4
    let loader = try loader(files, count: 40, request: request, batchSize: batchSize, workers: 1) { $0.openFiles = 1 }
    let found = try batches(loader, 10)
    let samples = found.flatMap(\.samples)
    for index in samples.indices { #expect(samples[index].file == samples[index / 4 * 4].file) }
    #expect(Set(samples.map { [$0.crop.x, $0.crop.y, $0.crop.width, $0.crop.height] }).count > samples.count / 2)
    loader.stop()
    #expect(files.opened.total <= 10 * batchSize / 4 + 6)
    #expect(files.opened.most <= 2)
  }

  @Test("open files are used again, within the budget") func reuse() throws {
    let files = FakeFiles()
    let loader = try loader(files, count: 6, workers: 1) { $0.openFiles = 6 }
    _ = try batches(loader, 30)
    loader.stop()
    #expect(files.opened.total == 6)
    #expect(loader.statistics.filesOpened == 6 && loader.statistics.filesReused >= 114)

    let many = FakeFiles()
    let passing = try self.loader(many, count: 13, workers: 0) { $0.openFiles = 6 }
    _ = try batches(passing, 30)
    #expect(many.opened.most == 2, "the last file, and the next while it is opened")

    let worn = FakeFiles(worn: [0, 1, 2])
    let reopening = try self.loader(worn, count: 6, workers: 0)
    let drawn = try batches(reopening, 30).flatMap(\.samples)
    #expect(worn.opened.total == drawn.count { $0.file < 3 } + 3)

    let narrow = try self.loader(files, count: 6, workers: 1) { $0.openMemory = 2500 }
    _ = try batches(narrow, 30)
    narrow.stop()
    #expect(narrow.statistics.filesOpened > 30)
    #expect(files.opened.most <= 6)
  }

  @Test("fewer files than a batch fill it") func smallFolder() throws {
    let loader = try loader(FakeFiles(), count: 3, batchSize: 8)
    let samples = try batches(loader, 3).flatMap(\.samples)
    for epoch in 0..<8 { #expect(Set(samples[epoch * 3..<epoch * 3 + 3].map(\.file)).count == 3) }
    #expect(samples.map(\.epoch) == (0..<24).map { $0 / 3 })
  }

  @Test("too many bad files end the run at the same batch, for good", arguments: [0, 1, 4])
  func tooManyBad(workers: Int) throws {
    let files = FakeFiles(broken: Set(stride(from: 0, to: 60, by: 4)), longestDelay: 0.001)
    let loader = try loader(files, count: 60, workers: workers) { $0.maximumBadShare = 0.05 }
    var count = 0
    var failure: DataError?
    while failure == nil {
      do throws(DataError) {
        _ = try loader.next()
        count += 1
      } catch { failure = error }
    }
    let reference = try self.loader(files, count: 60, workers: 0) { $0.maximumBadShare = 0.05 }
    for _ in 0..<count { _ = try reference.next() }
    let expected = try #require(failure)
    #expect(throws: expected) { try reference.next() }
    #expect(throws: expected) { try loader.next() }
    #expect(failure?.kind == .unusable)
    #expect(failure?.description.contains("of 60 media files are bad") == true)
    #expect(count >= 3 && count < 8)
  }

  @Test("a share within the limit goes on for ever") func fewBad() throws {
    let loader = try loader(FakeFiles(broken: [7, 33]), count: 40) { $0.maximumBadShare = 0.05 }
    _ = try batches(loader, 40)
    #expect(Set(loader.badFiles.map(\.file)) == ["7", "33"])
  }

  @Test("a small folder is judged when its first epoch is over") func smallShare() throws {
    let loader = try loader(FakeFiles(broken: [1]), count: 8, batchSize: 2) { $0.maximumBadShare = 0.1 }
    let failure = #expect(throws: DataError.self) {
      for _ in 0..<4 { _ = try loader.next() }
    }
    #expect(failure?.description.hasPrefix("1 of 8 media files are bad (12.5 %), more than the allowed 10 %") == true)
  }

  @Test("when nothing can be read the first batch says so", arguments: [0, 2], [3, 200])
  func allBad(workers: Int, count: Int) throws {
    for limit in [0.05, 1] {
      let loader = try loader(FakeFiles(broken: Set(0..<count)), count: count, workers: workers) { $0.maximumBadShare = limit }
      let failure = #expect(throws: DataError.self) { try loader.next() }
      #expect(failure?.kind == .unusable)
      #expect(failure?.description.contains("broken") == true)
    }
  }

  @Test("files that the manifest knows to be bad count") func knownBad() throws {
    var manifest = FakeFiles().manifest(4)
    manifest.bad = [BadFile(file: "x", reason: "no header")]
    let failure = #expect(throws: DataError.self) {
      try ClipLoader(manifest, request: request, batchSize: 4, seed: 1, opener: FakeFiles())
    }
    #expect(failure?.description.contains("1 of 5 media files are bad (20 %)") == true)
  }

  @Test("a file that takes too long is bad as a whole") func timeout() throws {
    let files = FakeFiles(slow: [1, 2])
    let loader = try loader(files, count: 4, workers: 0)
    #expect(try Set(batches(loader, 10).flatMap(\.samples).map(\.file)) == [0, 3])
    #expect(files.opened.total == 4)
    #expect(Set(loader.badFiles) == [BadFile(file: "1", reason: "too slow"), BadFile(file: "2", reason: "too slow")])
  }

  @Test("a read that never returns is left behind, and a continued run draws the same samples", arguments: [0, 1, 3])
  func hangingRead(workers: Int) throws {
    let start = ContinuousClock.now
    let loader = try loader(FakeFiles(hanging: [2, 5]), count: 8, workers: workers) { $0.decodeTimeout = .milliseconds(100) }
    let whole = try batches(loader, 12)
    #expect(Set(loader.badFiles.map(\.file)) == ["2", "5"])
    #expect(loader.badFiles.allSatisfy { $0.reason.contains("nothing got on for 0.1 s") })
    #expect(!whole.flatMap(\.samples).contains { [2, 5].contains($0.file) })
    let reads = loader.failedReads
    #expect(Set(reads.givenUp.keys) == ["2", "5"])
    loader.stop()
    #expect(ContinuousClock.now - start < .seconds(6), "nobody waited for the reads")

    // The files answer again: what they were left out of stays as it was.
    let stored = try JSONDecoder().decode(FailedReads.self, from: JSONEncoder().encode(reads))
    for first in [0, 3, 7] {
      let continued = try self.loader(
        FakeFiles(), count: 8, startingAt: first, failedReads: stored.from(position: first * 4), workers: workers)
      expectEqual(try batches(continued, 12 - first), Array(whole[first...]))
    }
  }

  @Test("storage that fails a read is passed over for that sample alone") func readError() throws {
    let loader = try loader(FakeFiles(unreadable: [3]), count: 6, workers: 2)
    let whole = try batches(loader, 9)
    #expect(loader.failedReads.givenUp.isEmpty)
    #expect(Set(loader.failedReads.passedOver.map(\.file)) == ["3"])
    let continued = try self.loader(FakeFiles(), count: 6, startingAt: 4, failedReads: loader.failedReads)
    #expect(try continued.next().pixels == whole[4].pixels)
  }

  @Test("storage that never answers ends the run with a sentence") func deadStorage() throws {
    let loader = try loader(FakeFiles(hanging: Set(0..<40)), count: 40, workers: 1) { $0.decodeTimeout = .milliseconds(50) }
    let failure = #expect(throws: DataError.self) { try loader.next() }
    #expect(failure?.kind == .inputOutput)
    #expect(failure?.description.contains("the storage does not answer") == true)
  }

  @Test("waiting for a read that hangs is ended from outside") func cancelled() throws {
    let start = ContinuousClock.now
    let loader = try loader(
      FakeFiles(hanging: Set(0..<9)), count: 9, workers: 1,
      isCancelled: { ContinuousClock.now - start > .milliseconds(300) })
    let failure = #expect(throws: DataError.self) { try loader.next() }
    #expect(failure?.kind == .interrupted)
    loader.stop()
    #expect(ContinuousClock.now - start < .seconds(3))
  }

  @Test("workers wait while enough is read ahead") func backPressure() throws {
    let files = FakeFiles()
    let loader = try loader(files, count: 1000, workers: 3) { $0.queueDepth = 2 }
    let deadline = ContinuousClock.now + .seconds(5)
    while loader.statistics.framesDelivered < 2 * 4 * 4, ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.005) }
    Thread.sleep(forTimeInterval: 0.05)
    #expect(loader.statistics.framesDelivered == 2 * 4 * 4)
    _ = try loader.next()
    #expect(loader.statistics.batches == 1)
  }

  @Test("stopping wakes who waits and ends every worker", arguments: [0, 1, 4])
  func stop(workers: Int) async throws {
    var files = FakeFiles()
    files.longestDelay = 0.05
    let loader = try loader(files, count: 100, batchSize: 64, workers: workers)
    let waiting = Thread {
      Thread.sleep(forTimeInterval: 0.1)
      loader.stop()
    }
    waiting.start()
    let failure = #expect(throws: DataError.self) {
      while true { _ = try loader.next() }
    }
    #expect(failure?.kind == .interrupted)
    loader.stop()
    #expect(throws: DataError.self) { try loader.next() }
  }

  @Test("letting go of a loader ends its workers and closes its files") func release() throws {
    var files = FakeFiles()
    files.longestDelay = 0.005
    for count in 0..<5 {
      let loader = try loader(files, count: 20, workers: 3)
      _ = try batches(loader, count)
    }
    let total = files.opened.total
    Thread.sleep(forTimeInterval: 0.05)
    #expect(files.opened.total == total)
  }

  @Test("pictures in the middle, in the order of the list") func centred() throws {
    let loader = try loader(FakeFiles(broken: [1]), count: 5, batchSize: 3) {
      $0.draws = .centre
      $0.isShuffled = false
    }
    let samples = try batches(loader, loader.batchesPerEpoch).flatMap(\.samples)
    #expect(samples.map(\.file) == [0, 2, 2, 3, 4, 0])
    #expect(samples.allSatisfy { !$0.isFlipped && $0.times[0] == 19.0 / 25 })
    #expect(samples[0].crop == PixelRect(x: 1, y: 0, width: 27, height: 20))
  }

  @Test("a part of a video stays within its frames") func span() throws {
    var manifest = FakeFiles().manifest(3)
    for index in 0..<3 { manifest.files[index].span = .init(start: 10 * index, count: 15) }
    let loader = try ClipLoader(manifest, request: request, batchSize: 3, seed: 4, opener: FakeFiles())
    for sample in try batches(loader, 20).flatMap(\.samples) {
      let frames = sample.times.map { Int(($0 * 25).rounded()) }
      #expect(frames.allSatisfy { (10 * sample.file..<10 * sample.file + 15).contains($0) })
    }
  }
}
