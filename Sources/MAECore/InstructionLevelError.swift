import MAEFoundation

/// `MAE_CPU_LEVEL` names a level that this processor does not have.
public struct InstructionLevelError: ExplainedError, Hashable {
  /// What was asked for.
  public var name: String
  /// A level that is not there is a mistake of the call.
  public var kind: FailureKind { .usage }

  /// One sentence with the levels that there are.
  public var description: String {
    let names = InstructionLevel.available.map(\.name).joined(separator: " or ")
    return "MAE_CPU_LEVEL: this processor has no level '\(name)'; set it to \(names), or unset it for the fastest"
  }
}
