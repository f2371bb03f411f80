import MAECore
import Testing

@Suite struct RandomStreamTests {
  @Test("known values: a stream never changes between versions")
  func knownValues() {
    var random = RandomStream(seed: 7)
    #expect([random.next(), random.next()] == Self.sevens)
  }

  /// Computed apart from this code, by the formula in its comment.
  static let sevens: [UInt64] = [9254215677559442999, 13191005535412377961]

  @Test("a fork depends on the key alone, not on what was drawn before")
  func forks() {
    let fresh = RandomStream(seed: 1)
    var used = fresh
    for _ in 0..<10 { _ = used.next() }
    var (a, b) = (fresh.fork("mask", 3, 4), used.fork("mask", 3, 4))
    #expect((0..<4).map { _ in a.next() } == (0..<4).map { _ in b.next() })
    var streams = [fresh.fork("mask", 4, 3), fresh.fork("crop", 3, 4), fresh.fork("mask", 3), fresh.fork("mask", 3, 4)]
    #expect(Set(streams.indices.map { streams[$0].next() }).count == 4)
  }

  @Test("draws have the mean and spread that they promise")
  func moments() {
    var random = RandomStream(seed: 2)
    let uniform = (0..<20_000).map { _ in random.uniform() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.reduce(0, +) / 20_000 - 0.5) < 0.01)
    let normal = (0..<20_000).map { _ in random.normal() }
    #expect(abs(normal.reduce(0, +) / 20_000) < 0.03)
    #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / 20_000 - 1) < 0.05)
    #expect((0..<5_000).allSatisfy { _ in abs(random.truncatedNormal(cut: 2)) <= 2 })
    #expect(Set(random.permutation(50)) == Set(0..<50))
  }
}
