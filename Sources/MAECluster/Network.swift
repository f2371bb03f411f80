/// What joins the machines of a cluster.
public struct Network: Hashable, Sendable {
  /// Bytes a second, in each direction, of each machine.
  public var bandwidth: Double
  /// Seconds until a short message has arrived.
  public var latency: Double

  /// Of TCP over Ethernet; InfiniBand and shared memory have a tenth of it.
  public static let usualLatency = 20e-6
  /// What TCP leaves of the rate of a line: 1,448 of the 1,538 bytes that an Ethernet frame takes.
  public static let payload = 1448.0 / 1538

  /// - Parameters:
  ///   - bandwidth: bytes a second.
  ///   - latency: seconds.
  public init(bandwidth: Double, latency: Double = usualLatency) {
    (self.bandwidth, self.latency) = (bandwidth, latency)
  }

  /// `25Gb`, `100Mb` (the rate of a line in bits a second, of which programs get ``payload``), or `3GB` (bytes a second that
  /// arrive); nil for anything else.
  public init?(_ text: String, latency: Double = usualLatency) {
    guard let match = text.wholeMatch(of: /([0-9]+\.?[0-9]*)([MG])([bB])(it)?/), let number = Double(match.1), number > 0 else {
      return nil
    }
    self.init(bandwidth: number * (match.2 == "G" ? 1e9 : 1e6) * (match.3 == "b" ? Self.payload / 8 : 1), latency: latency)
  }

  /// Seconds in which processes, one on each machine, add up values of 4 bytes: a ring passes on one part after the other, once
  /// to add and once to hand out (Patarasu and Yuan 2009).
  ///
  ///     2 (n − 1) · latency for each slice, and 2 (n − 1) / n · bytes / bandwidth
  public func secondsToSum(_ count: Int, among processes: Int) -> Double {
    guard processes > 1 else { return 0 }
    let slice = MPIProcesses.slice(among: processes)
    let slices = (count + slice - 1) / slice
    let steps = 2 * Double(processes - 1)
    return Double(slices) * steps * latency + steps / Double(processes) * 4 * Double(count) / bandwidth
  }
}
