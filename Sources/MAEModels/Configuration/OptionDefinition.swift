/// A setting that a masking or an objective brings along: `options.NAME` beside its other settings.
///
///     static let width = OptionDefinition("width", default: .whole(2), help: "Rows of a stripe.")
public struct OptionDefinition: Sendable {
  /// In files and on the command line; lower-case words joined by dashes.
  public let name: String
  /// Taken where nothing is given; its kind is the only one that is allowed, but a whole number is a number too.
  public let standard: SettingValue
  /// One sentence for help texts.
  public let help: String
  private let check: @Sendable (SettingValue) -> String?

  /// - Parameter check: what is impossible about a value, as "expected at least 1"; nil when it is possible.
  public init(
    _ name: String, default standard: SettingValue, help: String,
    check: @escaping @Sendable (SettingValue) -> String? = { _ in nil }
  ) {
    self.name = name
    self.standard = standard
    self.help = help
    self.check = check
  }

  /// The given value, or the standard.
  public func value(in options: [String: SettingValue]?) -> SettingValue {
    guard let given = options?[name] else { return standard }
    if case .number = standard, let number = given.number { return .number(number) }
    return given
  }

  /// What is impossible about given options, one sentence each.
  ///
  /// - Parameters:
  ///   - group: the path of the options, such as `model.masking.options`.
  ///   - owner: whose options they are.
  static func problems(
    with options: [String: SettingValue]?, of definitions: [OptionDefinition], group: String, owner: String
  ) -> [String] {
    (options ?? [:]).sorted { $0.key < $1.key }.compactMap { name, given in
      guard let definition = definitions.first(where: { $0.name == name }) else {
        let known = definitions.map(\.name).joined(separator: ", ")
        return "\(group).\(name): \(owner) has no such option" + (known.isEmpty ? "" : "; it has \(known)")
      }
      let value = definition.value(in: options)
      let problem = value.kind == definition.standard.kind ? definition.check(value) : "expected \(definition.standard.kind)"
      return problem.map { "\(group).\(name) is \(given); \($0)" }
    }
  }
}

extension SettingValue {
  fileprivate var kind: String {
    switch self {
    case .truth: "true or false"
    case .whole: "a whole number"
    case .number: "a number"
    case .text: "a text"
    }
  }
}
