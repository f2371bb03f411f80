import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// One look at the whole of every picture of a run: a forward pass over the data, without gradients.
struct RelationPass {
  let model: Model
  let masking: any GuidedMasking
  var pictures: GuidePictures
  let batchSize: Int
  let kernels: Kernels
  /// Where what is found is kept while the pass goes on; nil = nowhere.
  var folder: String?

  /// Seconds of work that a kill can lose.
  private static let longestInterval = 20.0

  /// - Parameters:
  ///   - step: of the run; with the weights it tells whether what an earlier process found still holds.
  ///   - isCancelled: whether to stop, asked after every batch.
  ///   - progress: is told of pictures done and of all.
  /// - Throws: ``DataError`` of kind `interrupted` when it is to stop; the next pass with the same weights goes on there.
  func maps(
    at step: Int, isCancelled: () -> Bool, progress: (Int, Int) -> Void
  ) throws -> RelevanceMaps {
    let (grid, views, key) = (model.configuration.grid, masking.views, key(at: step))
    if let folder {
      try Folder.make(folder)
      if let finished = finished(key) { return finished }
    }
    var maps = RelevanceMaps(grid: grid, views: views, key: key)
    folder.map { maps.takeUp($0) }
    var (kept, lastKept) = (maps.count, ContinuousClock.now)
    while maps.count < pictures.count {
      do throws(DataError) {
        try look(at: maps.count..<min(maps.count + batchSize, pictures.count), &maps)
      } catch {
        if let folder { try maps.keep(from: kept, in: folder) }
        throw error
      }
      progress(maps.count, pictures.count)
      let isStopping = isCancelled() && maps.count < pictures.count
      if let folder, isStopping || (ContinuousClock.now - lastKept).inSeconds > Self.longestInterval {
        try maps.keep(from: kept, in: folder)
        (kept, lastKept) = (maps.count, .now)
      }
      if isStopping { throw DataError(.interrupted, "the look at all pictures was stopped; the same command goes on there") }
    }
    return maps
  }

  /// What the whole look takes, in seconds by `clock`, told by its first batch.
  func seconds(by clock: RunClock) throws(DataError) -> Double {
    let first = min(batchSize, pictures.count)
    guard first > 0 else { return 0 }
    var maps = RelevanceMaps(grid: model.configuration.grid, views: masking.views, key: "")
    let before = clock.seconds
    try look(at: 0..<first, &maps)
    return (clock.seconds - before) * Double(pictures.count) / Double(first)
  }

  /// What an earlier look with the same weights found, where it came to its end.
  func finished(at step: Int) -> RelevanceMaps? { finished(key(at: step)) }

  private func finished(_ key: String) -> RelevanceMaps? {
    folder.flatMap { RelevanceMaps(key: key, in: $0, grid: model.configuration.grid, views: masking.views) }
  }

  /// Adds the maps of some files; what cannot be read has none.
  private func look(at files: Range<Int>, _ maps: inout RelevanceMaps) throws(DataError) {
    let reader = pictures
    let found = try parallelMap(Array(files), threads: kernels.threads) { (file) throws(DataError) in try reader.read(file, true)
    }
    let read = found.compactMap(\.self)
    var relevance: [[Relevance?]] = []
    if let first = read.first?.clip {
      let shape = ClipBatchShape(samples: read.count, frames: 1, size: first.size, channels: first.channels)
      let samples = read.map { Sample(file: 0, position: 0, epoch: 0, crop: PixelRect(whole: $0.size)) }
      let source = model.source(ClipBatch(shape: shape, pixels: read.flatMap { $0.clip.pixels }, samples: samples))
      relevance = (0..<maps.views).map { masking.relevance(source, of: model, view: $0, on: kernels) }
    }
    var next = 0
    for picture in found {
      guard let picture else {
        maps.append(size: FrameSize(square: 1), clipped: 0, scores: Array(repeating: nil, count: maps.views))
        continue
      }
      let views = relevance.map { $0[next] }
      maps.append(size: picture.size, clipped: views.count { $0?.isClipped == true }, scores: views.map { $0?.scores })
      next += 1
    }
  }

  /// Names weights and pictures.
  private func key(at step: Int) -> String {
    var checksum = FNV1a()
    for parameter in model.parameters.parameters {
      for value in model.parameters.values(of: parameter) {
        for shift in stride(from: 0, to: 32, by: 8) {
          checksum.add(CollectionOfOne(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift))))
        }
      }
    }
    return "\(step) \(String(checksum.value, radix: 16)) \(pictures.fingerprint)"
  }
}
