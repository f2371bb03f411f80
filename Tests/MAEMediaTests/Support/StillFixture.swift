import Foundation
import MAECore
import Testing

/// The stills in `Fixtures/stills`.
enum StillFixture {
  struct NoFixture: Error { let name: String }

  static func path(_ name: String) throws -> String {
    guard let url = Bundle.module.url(forResource: "Fixtures/stills/" + name, withExtension: nil) else {
      throw NoFixture(name: name)
    }
    return url.path
  }

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  /// The mean distance of the values of two pictures of one size.
  static func meanDifference(_ a: Image, _ b: Image) -> Double {
    let sum = zip(a.pixels, b.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(a.pixels.count)
  }
}
