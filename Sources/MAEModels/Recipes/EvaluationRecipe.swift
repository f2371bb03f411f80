/// What is measured while a run trains, beside its loss. Weights do not depend on it, but for the files that are held out.
public struct EvaluationRecipe: Codable, Hashable, Sendable {
  /// Files with labels, as given, whose neighbours among each other are judged; nil: no accuracy is measured.
  public var data: [String]?
  /// Files with the same labels to judge on; nil: parts of ``data`` take turns.
  public var validation: [String]?
  /// Steps from one measurement to the next; nil = as ``share`` allows.
  public var every: Int?
  /// The share of the run's time that measurements take at most; nil = ``usualShare``.
  public var share: Double?
  /// Clips of a video that a classifier is judged by; nil = the one in the middle.
  public var clips: Int?
  /// Crops of each clip or still that a classifier is judged by; nil = the one in the centre.
  public var crops: Int?
  /// The share of the files that are not learned from, but tell the loss on new ones; nil = ``usualHoldout`` of many files.
  public var holdout: Double?
  /// Steps from one time that a few files are completed to the next, 0 = never; nil = ten times in a run, as long as that takes
  /// at most a hundredth of its time.
  public var picturesEvery: Int?
  /// Steps from one histogram of the gradients in the event file to the next; nil = there are none.
  public var histogramsEvery: Int?

  /// The defaults.
  public init() {}

  /// The share of the time that measurements take unless somebody says.
  public static let usualShare = 0.05
  /// What is held out of enough files.
  public static let usualHoldout = 0.02
  /// The fewest files that something is held out of unless somebody says.
  public static let enoughFiles = 500

  /// How many of so many files are held out.
  public func heldOutCount(of files: Int) -> Int {
    guard let holdout else { return files < Self.enoughFiles ? 0 : Int(Self.usualHoldout * Double(files)) }
    return min(files - 1, Int((holdout * Double(files)).rounded()))
  }
}
