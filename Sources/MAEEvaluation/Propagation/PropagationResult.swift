import MAEData

/// How well labels went from the first frames of sequences through the others, with all that it depends on.
public struct PropagationResult: Codable, Hashable, Sendable {
  /// The numbers of a ``PropagationProtocol``, and in words.
  public struct Rules: Codable, Hashable, Sendable {
    /// Of the preset.
    public var name: String
    /// The numbers in words.
    public var description: String
    /// See ``PropagationProtocol/kind``.
    public var kind: PropagationProtocol.Kind
    /// See ``PropagationProtocol/procedure``.
    public var procedure: PropagationProtocol.Procedure
    /// See ``PropagationProtocol/queue``.
    public var queue: Int
    /// See ``PropagationProtocol/radius``.
    public var radius: Int
    /// See ``PropagationProtocol/neighbours``.
    public var neighbours: Int
    /// See ``PropagationProtocol/temperature``.
    public var temperature: Double

    init(_ rules: PropagationProtocol) {
      (name, description, kind, procedure) = (rules.name, rules.description, rules.kind, rules.procedure)
      (queue, radius, neighbours, temperature) = (rules.queue, rules.radius, rules.neighbours, rules.temperature)
    }
  }

  /// One sequence.
  public struct Sequence: Codable, Hashable, Sendable {
    /// Of the video or its folder.
    public var name: String
    /// With the first.
    public var frames: Int
    /// Height and width of the frames in pixels.
    public var size: [Int]
    /// Height and width that frames were encoded at.
    public var encodedSize: [Int]
    /// Labels of the first frame that are too small for any cell, and lost.
    public var lostLabels: [Int]
    /// J and F, where all frames have true masks.
    public var objects: [ObjectMeasures]?
    /// Percent of the points within a tenth of the figure, likewise.
    public var pck: Double?
    /// Mean IoU over the classes of this sequence, likewise.
    public var meanIou: Double?
  }

  /// PCK at one distance.
  public struct PCK: Codable, Hashable, Sendable {
    /// As a part of the figure's size.
    public var within: Double
    /// The mean over points.
    public var percent: Double
  }

  /// The checkpoint's path.
  public var checkpoint: String
  /// Of the model.
  public var method: String
  /// Of the checkpoint, if it tells.
  public var step: Int?
  /// The protocol.
  public var rules: Rules
  /// In the order of their names.
  public var sequences: [Sequence]
  /// J and F over all objects.
  public var totals: ObjectTotals?
  /// PCK over all sequences.
  public var pck: [PCK]?
  /// Points that are in no frame and left out of PCK.
  public var unseenPoints: Int?
  /// Mean IoU over all frames, the first included.
  public var meanIou: Double?
  /// Mean IoU without the first frames, whose labels are given.
  public var meanIouAfterFirst: Double?
  /// Seconds for all of it.
  public var seconds: Double
}
