/// A part of the page of an analysis, shared by the metrics that name it. Sections are told apart by their titles and stand in
/// the order in which the catalogue's metrics first name them.
public struct MetricSection: Sendable {
  /// The heading, by which sections are told apart.
  public var title: String
  /// What the section shows and how to read it, in a sentence or two, for a result.
  public var lead: @Sendable (AnalysisResult) -> String

  /// A section of one's own, or see those below.
  public init(_ title: String, lead: @escaping @Sendable (AnalysisResult) -> String) {
    self.title = title
    self.lead = lead
  }
}

extension MetricSection {
  /// Pictures of what each patch is like.
  public static let belonging = MetricSection("Patches that belong together") {
    """
    What attention brings to each patch in block \($0.pictureLayer) of the encoder, without any masking. A model that has \
    learned something keeps object and background apart in these pictures, although nobody told it what an object is.
    """
  }

  /// Relations of all patches at once.
  public static let pairs = MetricSection("All pairs of patches") {
    "The same \($0.noun)s: how alike any two patches are, and the patches as dots in the plane, likes beside likes."
  }

  /// What is hidden.
  public static let masks = MetricSection("What the model would hide from itself") { _ in
    """
    Ordinary training hides patches at random. A model that can tell an object from its background can hide the object instead, \
    which is harder to complete and teaches more. Grey is hidden; framed patches are hints, shown after all. Which side of a cut \
    is the object is a guess, and can be wrong.
    """
  }

  /// Numbers for groups of patches.
  public static let groups = MetricSection("How clearly groups stand out") { _ in
    "Numbers for what the pictures show: they are large when patches of one kind lie together, and away from the others."
  }

  /// What changes until the end of a run.
  public static let convergence = MetricSection("When relations settle") { _ in
    """
    How far the relations between patches still are from those at the end of the run: a steep fall means they are learned early.
    """
  }

  /// Numbers of attention.
  public static let attention = MetricSection("Where attention goes") { _ in
    """
    From local to global: a token that looks at its neighbours has a small attention distance; one that looks everywhere alike \
    has a small mutual information.
    """
  }

  /// Spectra.
  public static let detail = MetricSection("Fine detail") {
    "Whether embeddings change from patch to patch (texture, edges) or only over the whole \($0.noun) (layout)."
  }

  /// The decoder at work.
  public static let decoder = MetricSection("What the decoder works with") {
    """
    The decoder gets the encoded visible patches, and for every hidden one the same mask token. When predictions draw more on \
    mask tokens than on visible ones, the mask tokens have taken up what is known about the whole \($0.noun).
    """
  }

  /// Labelled samples.
  public static let classes = MetricSection("Classes, as more is hidden") { _ in
    "Nobody told the model about classes; how far do they lie apart all the same, and how much may be hidden before they mix?"
  }
}
