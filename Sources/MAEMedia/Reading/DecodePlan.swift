import MAECore

/// The cheapest way to get a set of frames out of a decoder: stretches of packets, each from a key frame to the last wanted one.
package struct DecodePlan: Hashable {
  package struct Stretch: Hashable {
    /// The packet decoding starts with; a key frame or the first of the file.
    package var start: Int
    /// The last packet that a wanted frame comes from.
    package var last: Int
    package var frames: [Int]
  }

  package private(set) var stretches: [Stretch] = []

  /// Plans for `frames`, which are ascending and without repeats.
  package init(_ frames: [Int], of map: FrameMap) {
    for frame in frames {
      let place = map.place(of: frame)
      let key = map.start(of: frame)
      if var stretch = stretches.last, map.packetsToDecode(in: stretch.last + 1..<max(key, stretch.last + 1)) == 0 {
        stretch.start = min(stretch.start, key)
        stretch.last = max(stretch.last, place)
        stretch.frames.append(frame)
        stretches[stretches.count - 1] = stretch
      } else {
        stretches.append(Stretch(start: key, last: place, frames: [frame]))
      }
    }
  }
}

/// Answers about an index: which packet shows a frame, which frame a packet shows, and where decoding must start for it.
package struct FrameMap {
  private let index: FrameIndex
  private let frameOfPacket: [Int32]
  /// Frames that show the picture of an earlier one again, by packet.
  private let repeats: [Int32: [Int]]
  /// Key frames in decoding order, with the first frame that can be shown from there.
  private var keys: [(place: Int, frame: Int)]
  /// Packets that may be left out; empty = none.
  private var skippable: [Bool]

  package init(_ index: FrameIndex, canSkip: Bool) {
    self.index = index
    skippable = canSkip ? Self.skippable(index.packets) : []
    var frameOfPacket = [Int32](repeating: -1, count: index.packets.count)
    var repeats: [Int32: [Int]] = [:]
    for (frame, place) in index.packetOfFrame.enumerated().reversed() {
      // Frames that follow each other are several pictures of a packet.
      let later = Int(frameOfPacket[Int(place)])
      if later > frame + 1 { repeats[place, default: []].append(later) }
      frameOfPacket[Int(place)] = Int32(frame)
    }
    var keys: [(Int, Int)] = []
    for (place, record) in index.packets.enumerated() where record.isKey {
      if frameOfPacket[place] >= 0 {
        keys.append((place, Int(frameOfPacket[place])))
      } else if index.irregularity == nil {
        // A key frame that is not itself shown (edit lists): good for what is shown after its time.
        let following = index.packetOfFrame.partitioningIndex { index.packets[Int($0)].presentation > record.presentation }
        keys.append((place, following))
      }
    }
    self.frameOfPacket = frameOfPacket
    self.repeats = repeats
    self.keys = keys
  }

  /// From now on decoding never starts at a packet again: it gave other frames than it should.
  package mutating func distrust(_ place: Int) {
    keys.removeAll { $0.place == place }
    // Where a decoder guesses, it may do so from pictures that nothing is predicted from.
    skippable = []
  }

  /// From now on decoding starts at the beginning of the file.
  package mutating func distrustAll() {
    keys = []
    skippable = []
  }

  package func place(of frame: Int) -> Int { Int(index.packetOfFrame[frame]) }

  /// The frames that a packet shows: one, or none, or one and later ones that show its picture again.
  package func frames(at place: Int) -> [Int] {
    guard frameOfPacket.indices.contains(place), frameOfPacket[place] >= 0 else { return [] }
    return [Int(frameOfPacket[place])] + (repeats[Int32(place)] ?? [])
  }

  /// Whether a frame shows the picture of an earlier one again.
  package func isRepeated(_ frame: Int) -> Bool { repeats[index.packetOfFrame[frame]]?.contains(frame) ?? false }

  /// Whether the packet may be left out when its own frame is not wanted.
  package func canSkip(_ place: Int) -> Bool { !skippable.isEmpty && skippable[place] }

  private static func skippable(_ packets: [PacketRecord]) -> [Bool] {
    var result = packets.map(\.isUnreferenced)
    // When one of a row of packets that hold each other's pictures is left out, each of the others stands in for the one behind
    // it, so it must hold nothing else.
    for place in packets.indices.dropLast().reversed() where packets[place].holdsNext && packets[place + 1].holdsNext {
      result[place] = result[place] && result[place + 1]
    }
    return result
  }

  /// Where decoding must start to show `frame`: at the nearest key frame that comes before it in both orders.
  package func start(of frame: Int) -> Int {
    let place = place(of: frame)
    var candidate = keys.partitioningIndex { $0.place > place }
    while candidate > 0 {
      candidate -= 1
      if keys[candidate].frame <= frame { return keys[candidate].place }
    }
    return 0
  }

  /// How many packets of a range have to be decoded although nobody wants their frames.
  package func packetsToDecode(in range: Range<Int>) -> Int { range.count { !canSkip($0) } }
}

extension Array {
  /// The first index whose element fulfils a condition that stays true from there on.
  func partitioningIndex(where belongsToSecond: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
