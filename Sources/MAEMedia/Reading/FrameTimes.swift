import CFFmpeg

/// Where the clock of a stream starts anew.
struct ClockJumps {
  private let mayJump: Bool
  /// A jump ahead, in units of the stream's time base: ten seconds, as in the `ffmpeg` program.
  private let longest: Int64

  init(_ stream: UnsafePointer<AVStream>, _ format: ContainerFormat) {
    mayJump = format.clockMayJump
    let unit = unsafe stream.pointee.time_base.seconds
    longest = unit > 0 ? Int64(10 / unit) : .max
  }

  /// Whether the clock starts anew between two packets in decoding order.
  func separates(_ before: PacketRecord, _ after: PacketRecord) -> Bool {
    guard mayJump, before.decoding != mae_no_timestamp, after.decoding != mae_no_timestamp else { return false }
    return after.decoding < before.decoding || after.decoding &- before.decoding > longest
  }

  /// The packets at which it does, ascending.
  func places(in records: [PacketRecord]) -> [Int] {
    mayJump ? records.indices.dropFirst().filter { separates(records[$0 - 1], records[$0]) } : []
  }
}

/// When frames are shown, in seconds from the first one, as a player shows them.
struct FrameTimes {
  private(set) var times: [Double] = []
  /// Seconds from the first frame's appearance to the last one's end.
  private(set) var duration = 0.0
  private(set) var irregularity: FrameIndex.Irregularity?

  /// - Parameters:
  ///   - jumps: packets at which the clock starts anew, ascending.
  ///   - hasPresentationTimes: whether the container states them at all.
  ///   - unit: seconds of a tick of the stream's clock.
  ///   - rate: frames per second as the container tells them; 0 when it does not.
  init(
    of shown: [ShownFrame], _ records: [PacketRecord], jumps: [Int], hasPresentationTimes: Bool, unit: Double, rate: Double
  ) {
    let presentations = shown.map { records[Int($0.place)].presentation }
    // A frame is shown when it comes out of the decoder where nothing else is said: then all are late by the same time.
    let decodings = shown.map { $0.trigger.map { records[Int($0)].decoding } ?? mae_no_timestamp }
    let isComplete = hasPresentationTimes && !presentations.contains(mae_no_timestamp)
    let usesDecoding = !isComplete && zip(shown, decodings).allSatisfy { $0.trigger == nil || $1 != mae_no_timestamp }
    let stamps = usesDecoding ? decodings : presentations
    let spacing = Self.spacing(of: stamps, unit, rate)
    if !hasPresentationTimes || isComplete || usesDecoding {} else { irregularity = .missingTimestamps }
    times.reserveCapacity(stamps.count)
    // What is taken from stamps, so that the first frame comes at 0 and each recording follows the one before.
    var origin = stamps.first { $0 != mae_no_timestamp } ?? 0
    var start = 0.0
    var segment = 0
    var lastStamp = mae_no_timestamp
    for (frame, stamp) in stamps.enumerated() {
      let previous = times.last ?? 0
      guard stamp != mae_no_timestamp else {
        times.append(times.isEmpty ? 0 : previous + spacing)
        continue
      }
      let current = jumps.isEmpty ? 0 : jumps.partitioningIndex { $0 > Int(shown[frame].place) }
      if current > segment {
        (segment, origin, start) = (current, stamp, previous + spacing)
      } else if lastStamp != mae_no_timestamp, stamp <= lastStamp {
        irregularity = stamp == lastStamp ? irregularity ?? .repeatedTimestamps : .disorderedTimestamps
      }
      lastStamp = stamp
      // Times never run backwards, whatever the container says: a frame is shown after the one before it.
      times.append(max(previous, start + Double(stamp &- origin) * unit))
    }
    // A single tick of the clock is what demuxers say that do not know.
    let lastDuration = shown.last.map { records[Int($0.place)].duration } ?? 0
    duration = times.last.map { $0 + (lastDuration > 1 ? Double(lastDuration) * unit : spacing) } ?? 0
  }

  /// Seconds from one frame to the next where times do not tell: as the container says, else as frames follow on average.
  private static func spacing(of stamps: [Int64], _ unit: Double, _ rate: Double) -> Double {
    if rate > 0 { return 1 / rate }
    let known = stamps.filter { $0 != mae_no_timestamp }
    guard known.count > 1, let first = known.first, let last = known.last, last > first else { return 0.04 }
    return Double(last &- first) * unit / Double(known.count - 1)
  }
}

extension AVRational {
  /// The fraction as a number; 0 when it is undefined.
  var seconds: Double { den == 0 ? 0 : Double(num) / Double(den) }
}

/// Frames per second as the container tells them; 0 when it does not.
func frameRate(of stream: UnsafePointer<AVStream>) -> Double {
  let average = unsafe stream.pointee.avg_frame_rate.seconds
  return average > 0 ? average : unsafe stream.pointee.r_frame_rate.seconds
}
