/// When and with which weights a guided run chooses what is hidden; what a self-guided one looks at is the model's
/// ``GuideConfiguration``.
public struct GuidanceRecipe: Codable, Hashable, Sendable {
  /// When masks become informed. Shin et al. 2024 wait until the decoder's tokens are made of mask tokens as much as of visible
  /// ones, which runs of some dozens of epochs come to (about epoch 50 of 400 in the paper).
  public var start: GuideStart
  /// With which weights, and how often, samples are looked at. The paper looks once.
  public var mode: GuideMode
  /// In mode `image`: the share of the run after which pictures are looked at anew; 1 = never.
  public var renewal: Double

  /// The paper's, or others.
  public init(start: GuideStart = .automatic, mode: GuideMode = .image, renewal: Double = 1) {
    self.start = start
    self.mode = mode
    self.renewal = renewal
  }
}

/// When masks become informed; as text an epoch (`50`), a share of the run (`12.5%`), or `auto`.
public enum GuideStart: Hashable, Sendable, Codable, CustomStringConvertible {
  /// After so many passes over the data.
  case epoch(Double)
  /// After this share of the run, 0…1.
  case share(Double)
  /// When the decoder comes to use mask tokens as much as visible ones, twice in a row, after it used them less.
  case automatic

  /// Nil when the text is none of the three.
  public init?(_ text: String) {
    if text == "auto" {
      self = .automatic
    } else if text.hasSuffix("%"), let percent = Double(text.dropLast()) {
      self = .share(percent / 100)
    } else if let epoch = Double(text) {
      self = .epoch(epoch)
    } else {
      return nil
    }
  }

  /// As text: an epoch, a share of the run, or `auto`.
  public var description: String {
    func short(_ value: Double) -> String { value == value.rounded() ? String(Int(value)) : value.description }
    return switch self {
    case .epoch(let epoch): epoch.magnitude < 1e15 ? short(epoch) : epoch.description
    case .share(let share): "\(short((share * 1e8).rounded() / 1e6))%"
    case .automatic: "auto"
    }
  }

  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let start = GuideStart(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected an epoch as 50, a share of the run as 12.5%, or auto")
    }
    self = start
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// With which weights, and how often, a guide looks at a sample.
public enum GuideMode: String, Hashable, Codable, Sendable, CaseIterable {
  /// For every sample, with the weights of the moment.
  case step
  /// For every sample, with the weights at the switch.
  case frozen
  /// Once per picture, on the whole of it, at the switch; taken through crop and flip afterwards.
  case image
}
