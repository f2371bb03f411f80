import MAEFoundation
import Testing

@Suite struct FailureKindTests {
  @Test("every kind has its exit code") func everyKindHasItsExitCode() {
    let codes: [FailureKind: Int32] = [
      .unexpected: 1, .usage: 64, .unusable: 65, .refused: 65, .missing: 66, .unavailable: 69, .cannotCreate: 73,
      .inputOutput: 74, .interrupted: 75, .diverged: 76, .configuration: 78,
    ]
    for kind in FailureKind.allCases { #expect(kind.exitCode == codes[kind], "\(kind)") }
  }
}
