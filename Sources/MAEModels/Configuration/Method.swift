/// The published methods that can be trained.
public enum Method: String, Hashable, Codable, Sendable, CaseIterable {
  case mae
  case videomae
  case maeST = "mae-st"
  case siammae
  case simmim
  case uMAE = "u-mae"
  case selfGuided = "self-guided"

  /// Which computation the method needs; everything else about a method is a value.
  public var graph: Graph {
    switch self {
    case .mae, .videomae, .maeST, .uMAE, .selfGuided: .maskedAutoencoder
    case .siammae: .siamese
    case .simmim: .maskedImageModelling
    }
  }

  public enum Graph: String, Hashable, Codable, Sendable {
    /// Visible tokens are encoded; a decoder predicts the hidden ones.
    case maskedAutoencoder
    /// Two frames are encoded; the hidden tokens of the second are decoded by attending the first.
    case siamese
    /// All tokens are encoded, hidden ones as mask tokens; a linear head predicts them.
    case maskedImageModelling
  }

  /// The paper, for banners and reports.
  public var citation: String {
    switch self {
    case .mae: "He et al. 2021, Masked Autoencoders Are Scalable Vision Learners"
    case .videomae: "Tong et al. 2022, VideoMAE"
    case .maeST: "Feichtenhofer et al. 2022, Masked Autoencoders As Spatiotemporal Learners"
    case .siammae: "Gupta et al. 2023, Siamese Masked Autoencoders"
    case .simmim: "Xie et al. 2021, SimMIM"
    case .uMAE: "Zhang et al. 2022, How Mask Matters (U-MAE)"
    case .selfGuided: "Shin et al. 2024, Self-Guided Masked Autoencoder"
    }
  }

  public var isForVideo: Bool { self == .videomae || self == .maeST || self == .siammae }
}
