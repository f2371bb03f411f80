import MAEFoundation

/// Keeps indexes in a folder, one file each, between runs.
///
/// An entry counts only for the file it was made of: same path, size, time of change, and the same bytes at its start, middle and
/// end. A cache that cannot be read or written is no error: the index is made again. Several processes may share the folder: an
/// entry is put in its place as a whole, nobody waits for anybody, and of two that write the same entry the later one stays.
struct IndexCache {
  private let entry: String
  private let key: [UInt8]

  /// nil when the video file cannot be read.
  init?(folder: String, path: String) {
    guard var file = try? Shards.open(path) else { return nil }
    var sample = FNV1a()
    for offset in [0, file.size / 2, max(0, file.size - Self.sampleSize)] where file.size > 0 {
      // A file that cannot be read now may be another one later.
      guard let bytes = try? file.read(Self.sampleSize, at: offset) else { return nil }
      sample.add(bytes)
    }
    let place = path.absolutePath.pathBytes
    var key = RecordWriter()
    key.put(place)
    key.put(file.size)
    key.put(file.version.size)
    key.put(file.version.changed)
    key.put(sample.value)
    self.key = key.bytes
    var name = FNV1a()
    name.add(place)
    entry = folder + "/" + String(name.value, radix: 16) + ".frames"
  }

  private static let sampleSize = 16 << 10

  func load() -> FrameIndex? {
    guard let bytes = try? DurableFile.bytes(of: entry) else { return nil }
    var reader = RecordReader(bytes)
    guard reader.number(UInt64.self) == Self.header, reader.array(UInt8.self) == key, let index = FrameIndex(from: &reader) else {
      return nil
    }
    return index
  }

  func store(_ index: FrameIndex) {
    var writer = RecordWriter()
    writer.put(Self.header)
    writer.put(key)
    index.write(to: &writer)
    writer.finish()
    try? Folder.make(Folder.parent(of: entry))
    try? DurableFile.write(writer.bytes, to: entry)
  }

  /// Names the format and its version.
  private static let header: UInt64 = 0x6d61_652d_6672_0004
}

extension FrameIndex {
  func write(to writer: inout RecordWriter) {
    writer.put(Int64(stream))
    writer.put(Int64(delay))
    writer.put(duration.bitPattern)
    writer.put(Array((irregularity?.rawValue ?? "").utf8))
    writer.put(times.map(\.bitPattern))
    writer.put(packetOfFrame)
    writer.put(checksums)
    writer.put(packets.map(\.presentation))
    writer.put(packets.map(\.decoding))
    writer.put(packets.map(\.position))
    writer.put(packets.map(\.duration))
    writer.put(packets.map(\.size))
    writer.put(packets.map(\.traits.rawValue))
  }

  init?(from reader: inout RecordReader) {
    guard let stream = reader.number(Int64.self), let delay = reader.number(Int64.self),
      let duration = reader.number(UInt64.self), let reason = reader.array(UInt8.self),
      let times = reader.array(UInt64.self), let packetOfFrame = reader.array(Int32.self),
      let checksums = reader.array(UInt32.self), let presentations = reader.array(Int64.self),
      let decodings = reader.array(Int64.self), let positions = reader.array(Int64.self),
      let durations = reader.array(Int64.self), let sizes = reader.array(Int32.self), let traits = reader.array(UInt8.self)
    else { return nil }
    let irregularity = Irregularity(rawValue: String(decoding: reason, as: UTF8.self))
    let counts = [presentations.count, decodings.count, positions.count, durations.count, sizes.count]
    guard counts.allSatisfy({ $0 == traits.count }), times.count == packetOfFrame.count,
      checksums.isEmpty || checksums.count == times.count, (0...64).contains(delay),
      packetOfFrame.allSatisfy({ traits.indices.contains(Int($0)) }), irregularity != nil || reason.isEmpty
    else { return nil }
    self.init(
      times: times.map(Double.init(bitPattern:)), duration: Double(bitPattern: duration), irregularity: irregularity,
      stream: Int(stream), delay: Int(delay),
      packets: traits.indices.map {
        PacketRecord(
          presentation: presentations[$0], decoding: decodings[$0], position: positions[$0], duration: durations[$0],
          size: sizes[$0], traits: .init(rawValue: traits[$0]))
      },
      packetOfFrame: packetOfFrame, checksums: checksums)
  }
}
