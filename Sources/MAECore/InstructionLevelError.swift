import MAEFoundation

/// `MAE_CPU_LEVEL` names a level that this processor does not have.
public struct InstructionLevelError: ExplainedError, Hashable {
  public var name: String
  public var kind: FailureKind { .usage }

  public var description: String {
    let names = InstructionLevel.available.map(\.name).joined(separator: " or ")
    return "MAE_CPU_LEVEL: this processor has no level '\(name)'; set it to \(names), or unset it for the fastest"
  }
}
