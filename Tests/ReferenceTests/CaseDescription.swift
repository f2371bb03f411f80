import MAECore
import MAEModels

/// `case.json`: sizes and flags of a reference case; those with a transformers folder give few of them here.
struct CaseDescription: Decodable {
  struct Optimizer: Decodable {
    var lr: Double
    var betas: [Double]
    var eps: Double
    var weightDecay: Double
    var noDecay: [String]
    var name: String?
    var clipGlobalNorm: Double?
  }

  var method: String
  var steps: Int
  var optimizer: Optimizer
  var imageSize: Int?
  var patchSize: Int?
  var numChannels: Int?
  var inChans: Int?
  var numFrames: Int?
  var tubeletSize: Int?
  var tPatchSize: Int?
  var predTDim: Int?
  var embedDim: Int?
  var depth: Int?
  var numHeads: Int?
  var decoderEmbedDim: Int?
  var decoderDepth: Int?
  var decoderNumHeads: Int?
  var decoderMlpDim: Int?
  var mlpRatio: Double?
  var maskRatio: Double?
  var keptMaskRatio: Double?
  var nClsTokens: Int?
  /// Side of the blocks that are hidden as a whole, in patches.
  var maskGrid: Int?
  /// From 0, or from -1 backwards; -1 alone stands for all.
  var useFm: [Int]?
  var useInput: Bool?
  var normPixLoss: Bool?
  var sepPosEmbed: Bool?
  var clsEmbed: Bool?
  var layerNormEps: Float?
  var lamb: Double?
  var earlyConv: Bool?
  var rewardPred: Bool?
  /// `last patch` or `reward token`
  var rewardReads: String?
  var rewardLossScale: Double?
  var views: [String]?
  /// Of a group of several views; elsewhere how many frames of a sequence stand in a batch, each by itself.
  var frames: Int?
  var viewsHidden: Int?
  var viewPositionEmbedding: Bool?

  /// The model of an official repository with these sizes.
  func configuration(_ method: Method) -> ModelConfiguration {
    var model = method.model(.base)
    let ratio = mlpRatio ?? 4
    func blocks(_ base: BlockConfiguration, _ width: Int?, _ depth: Int?, _ heads: Int?) -> BlockConfiguration {
      var blocks = base
      blocks.width = width ?? base.width
      blocks.depth = depth ?? base.depth
      blocks.heads = heads ?? base.heads
      blocks.feedForwardWidth = Int(Double(blocks.width) * ratio)
      blocks.normEpsilon = layerNormEps ?? base.normEpsilon
      return blocks
    }
    if let imageSize { model.input.size = FrameSize(square: imageSize) }
    if let patchSize { model.input.patch = patchSize }
    if let channels = numChannels ?? inChans { model.input.channels = PixelChannels(rawValue: channels)! }
    if let numFrames { model.input.frames = numFrames }
    if let tubelet = tubeletSize ?? tPatchSize { model.input.tubelet = tubelet }
    model.encoder.blocks = blocks(model.encoder.blocks, embedDim, depth, numHeads)
    if var decoder = model.decoder {
      decoder.blocks = blocks(decoder.blocks, decoderEmbedDim, decoderDepth, decoderNumHeads)
      if let decoderMlpDim { decoder.blocks.feedForwardWidth = decoderMlpDim }
      decoder.finalNormEpsilon = layerNormEps ?? decoder.finalNormEpsilon
      if sepPosEmbed == false { decoder.positions = .learned }
      if clsEmbed == false { decoder.classToken = .none }
      model.decoder = decoder
    }
    if sepPosEmbed == false { model.encoder.positions = .learned }
    if clsEmbed == false { model.encoder.classToken = false }
    if let maskRatio { model.masking.ratio = maskRatio }
    if let nClsTokens { model.encoder.classTokenCount = nClsTokens }
    if let maskGrid { model.masking.rounding = .visibleDownPatches(side: maskGrid) }
    if method == .crossmae {
      model.masking.keptRatio = keptMaskRatio
      var options = [CrossMaskedAutoencoder.featureInput.name: SettingValue.truth(useInput ?? false)]
      if let useFm, useFm != [-1] {
        let blocks = useFm.map { String(1 + ($0 < 0 ? model.encoder.blocks.depth + $0 : $0)) + "," }
        options[CrossMaskedAutoencoder.featureBlocks.name] = .text(blocks.joined())
      }
      model.options = options
    }
    if normPixLoss == false { model.target.normalization = .none }
    if method == .maeST { model.target.predictedFrames = predTDim }
    if let lamb { model.uniformityWeight = lamb }
    if let earlyConv { model.encoder.stem = earlyConv ? .conv : nil }
    if let rewardPred {
      model.options = [
        WorldModel.predictsRewards.name: .truth(rewardPred),
        WorldModel.rewardReads.name: .text(rewardReads == "last patch" ? "last-patch" : "token"),
        WorldModel.rewardLossWeight.name: .number(rewardLossScale ?? 1),
        WorldModel.sharesViewEmbedding.name: .truth(viewPositionEmbedding == false),
      ]
    }
    if let views {
      model.input.views = views
      model.input.frames = frames ?? 1
      model.masking.options = [ViewMasking.hiddenViews.name: .whole(viewsHidden ?? 1)]
    }
    return model
  }
}
