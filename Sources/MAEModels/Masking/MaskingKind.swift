/// A masking by its type; in files and on the command line its name.
public struct MaskingKind: Sendable {
  /// The masking itself.
  public let type: any MaskingStrategy.Type

  /// A masking of the package or of a program.
  public init(_ type: any MaskingStrategy.Type) { self.type = type }

  /// The name used in recipes and on the command line.
  public var name: String { type.kind }
}

extension MaskingKind: Hashable, CustomStringConvertible {
  /// Whether two have the same name.
  public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  /// The name.
  public var description: String { name }
}

/// As its name; read, by an alias too, from the decoder's ``Catalogue``.
extension MaskingKind: Codable {
  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let kind = decoder.catalogue.masking(named: try container.decode(String.self)) else {
      let known = decoder.catalogue.maskingNames.joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a file of masks or one of \(known)")
    }
    self = kind
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
