/// Lengths of time for people.
enum DurationText {
  /// `48 s`, `16 min`, `3 h 12 min`, `2 d 5 h`.
  static func short(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    switch whole {
    case ..<90: return "\(whole) s"
    case ..<5400: return "\((whole + 30) / 60) min"
    case ..<172_800: return "\(whole / 3600) h \(whole / 60 % 60) min"
    default: return "\(whole / 86400) d \(whole / 3600 % 24) h"
    }
  }
}
