/// Under which public names the weights of a method are known, if any.
public struct CheckpointNames: Hashable, Sendable {
  /// A public implementation of the paper.
  public enum Official: String, Hashable, Sendable {
    /// facebookresearch/mae and what builds on it, as facebookresearch/pixio.
    case mae
    /// MCG-NJU/VideoMAE.
    case videomae
    /// facebookresearch/mae_st.
    case maeST
    case siammae
    /// microsoft/SimMIM.
    case simmim
    /// TonyLianLong/CrossMAE.
    case crossmae
  }

  /// A model class of the transformers library.
  public enum Library: String, Hashable, Sendable {
    /// `ViTMAEForPreTraining`
    case vitMAE
    /// `VideoMAEForPreTraining`
    case videoMAE
    /// `ViTForMaskedImageModeling`
    case maskedImageModelling
    /// `PixioModel`, an encoder alone.
    case pixio
  }

  /// Nil where there is no public implementation: files then have our own names.
  public var official: Official?
  /// Nil where the library has no such model.
  public var library: Library?
  /// Whether our own checkpoints are folders of that library where the model fits into it.
  public var prefersLibrary: Bool

  /// No names of others unless given.
  public init(official: Official? = nil, library: Library? = nil, prefersLibrary: Bool = true) {
    self.official = official
    self.library = library
    self.prefersLibrary = prefersLibrary
  }

  /// No public names: those of our parameters.
  public static let own = CheckpointNames()
}
