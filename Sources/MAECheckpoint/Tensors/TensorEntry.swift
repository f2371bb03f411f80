/// A tensor of a weight file, before its numbers are read.
public struct TensorEntry: Hashable, Sendable {
  /// The keys that lead to it, joined by dots.
  public var name: String
  /// Outermost axis first.
  public var shape: [Int]
  /// What keeps its numbers from being read ("sparse", "complex"); nil for plain numbers.
  public var oddity: String?
  /// Which of the file's dictionaries holds it; those of one whole module count as one.
  var container = 0
}

/// A file whose tensors are listed first and read when they are wanted.
protocol TensorSource: Sendable {
  /// In the order of the file; of equal names the last counts.
  var entries: [TensorEntry] { get }
  /// What the file says beside its tensors.
  var metadata: [String: String] { get }

  /// The tensors of some names, in that order.
  ///
  /// - Precondition: they are listed, and not odd.
  func state(of names: [String]) throws(CheckpointError) -> StateDictionary

  /// Lets go of the open file; tensors that were asked for can still be read.
  func endReading()
}
