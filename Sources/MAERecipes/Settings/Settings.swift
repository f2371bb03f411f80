import Foundation
import MAECore
import MAEModels

/// Every setting of a recipe, in the order of the file.
///
/// Files, flags, messages, the comparison of two recipes and the check for settings without effect all come from this list.
package final class Settings: Sendable {
  package static let shared = Settings()
  /// In the order of declaration.
  package static let all: [any AnySetting] = Mirror(reflecting: shared).children.compactMap { $0.value as? any AnySetting }

  /// Where widths, depths and heads come from.
  private static let sizes = "the size's, ours where the paper has none so small"

  /// Where settings stood that there are no more.
  static let removed = Set(
    ["centred", "threshold", "floor", "cluster", "hint-floor", "hint-temperature", "hints-keep-ratio"].map {
      "model.masking.guide.\($0)"
    })

  package let method = Setting("method", \.model.method, flag: "method", "The paper whose defaults are taken")
    .formerly("model.method").byDefault("videomae for videos, mae for stills; self-guided is for both")
  package let preset = Setting("preset", \.preset, flag: "preset", "Size of the model")
    .byDefault(
      """
      \(Recipe.defaultPreset.rawValue); with neither method nor size of the input tiny, with all that suits clips or the size of \
      the stills
      """)

  // MARK: Input

  package let inputSize = Setting(
    "model.input.size", \.model.input.size, flag: "input-size",
    "Side of the input in pixels, or HEIGHTxWIDTH; 112@50%,224: the first half of the run with smaller ones"
  ).named("pixels, as 224 or 192x320 (height x width), or with stages as 112@50%,224") { _, _ in nil }
  package let channels = Setting("model.input.channels", \.model.input.channels, flag: "channels", "Values of a pixel")
  package let frames = Setting(
    "model.input.frames", \.model.input.frames, flag: "num-frames", "Frames of a clip, with stages as --input-size"
  ).named("a whole number, or with stages as 4@50%,16") { _, _ in nil }.read { $0.data.sampling.isClip }
  package let patch = Setting("model.input.patch", \.model.input.patch, flag: "patch-size", "Side of a patch in pixels")
  package let tubelet = Setting("model.input.tubelet", \.model.input.tubelet, flag: "tubelet-size", "Frames of a token")
    .read { $0.data.sampling.isClip }
  package let mean = Setting(
    "model.input.mean", \.model.input.mean, flag: "mean",
    "Mean per channel of pixels from 0 to 1: imagenet, half, mae-st, or numbers as 0.5,0.5,0.5"
  ).named(Settings.statisticsForm) { name, _ in Settings.statistics[name.lowercased()]?.mean }
  package let deviation = Setting(
    "model.input.deviation", \.model.input.deviation, flag: "std", "Deviation per channel, likewise"
  ).named(Settings.statisticsForm) { name, _ in Settings.statistics[name.lowercased()]?.deviation }

  package let views = Setting(
    "model.input.views", \.model.input.views, flag: "views", "Names of the cameras of an episode, with commas, as front,wrist"
  ).read("mwm-multiview, or positions: views") { $0.model.encoder.positions == .views }.byDefault(
    "front,wrist of mwm-multiview; else one camera")

  package let touchSensors = Setting(
    "model.input.touch.sensors", in: \.model.input.touch, \.sensors, "Sensors of touch, whose maps are pictures of a sample"
  ).expecting("at least 0") { $0 >= 0 }
  package let touchPatch = Setting(
    "model.input.touch.patch", in: \.model.input.touch, \.patch, "Side of a token's part of a sensor's map, in its values")

  package let vector = Setting(
    "model.input.vector", \.model.input.vector, flag: "vector",
    "An array of episodes that is a token beside those of the picture, and how many numbers it has for each, as state:7"
  ).read { $0.model.encoder.positions == .senses }.byDefault("none")

  // MARK: Encoder

  package let stem = Setting(
    "model.encoder.stem", \.model.encoder.stem, flag: "stem",
    "What makes tokens of pixels: a linear map of patches, or convolutions whose features are hidden"
  ).byDefault("conv of mwm, mwm-multiview and mwm-tactile; else patches")
  package let encoderWidth = Setting("model.encoder.blocks.width", \.model.encoder.blocks.width, "Width of the encoder")
    .origin(Settings.sizes)
  package let encoderDepth = Setting("model.encoder.blocks.depth", \.model.encoder.blocks.depth, "Blocks of the encoder")
    .origin(Settings.sizes)
  package let encoderHeads = Setting("model.encoder.blocks.heads", \.model.encoder.blocks.heads, "Attention heads of the encoder")
    .origin(Settings.sizes)
  package let encoderFeedForward = Setting(
    "model.encoder.blocks.feed-forward-width", \.model.encoder.blocks.feedForwardWidth,
    "Hidden width of the encoder's feed-forward parts"
  ).origin(Settings.sizes)
  package let encoderBias = Setting(
    "model.encoder.blocks.attention-bias", \.model.encoder.blocks.attentionBias, "Which of query, key and value have a bias")
  package let encoderEpsilon = Setting(
    "model.encoder.blocks.norm-epsilon", \.model.encoder.blocks.normEpsilon, "What layer norms add to the variance")
  package let encoderLayerScale = Setting(
    "model.encoder.blocks.layer-scale", \.model.encoder.blocks.layerScale, "Initial factor per channel of each branch")
  package let encoderPositions = Setting("model.encoder.positions", \.model.encoder.positions, "How tokens learn where they are")
  package let encoderClassToken = Setting(
    "model.encoder.class-token", \.model.encoder.classToken, "Whether there is a class token")
  package let encoderClassTokens = Setting(
    "model.encoder.class-token-count", \.model.encoder.classTokenCount, "How many class tokens there are"
  ).byDefault("8 of pixio; otherwise one, if any").read("a class token") { $0.model.encoder.classToken }
    .expecting("1 to 1024") { (1...1024).contains($0 ?? 1) }
  package let dropPath = Setting(
    "model.encoder.drop-path", \.model.encoder.dropPath, flag: "drop-path",
    "Share of the samples that leave out a branch of the encoder's last block while training; of earlier blocks less"
  ).byDefault("none; the public scripts have 0.4 for pixio and 0.1 for simmim")
    .expecting("at least 0 and below 1") { (0..<1).contains($0 ?? 0) }
  package let encoderFinalNorm = Setting(
    "model.encoder.final-norm", \.model.encoder.finalNorm, "Whether a norm follows the last block")
  package let relativePositionBias = Setting(
    "model.encoder.relative-position-bias", \.model.encoder.relativePositionBias,
    "Learned bias on attention scores by relative position")

  // MARK: Classifier

  package let classes = Setting(
    "model.classifier.classes", in: \.model.classifier, \.classes, "Names of the classes, in the order of the logits"
  ).byDefault("the labels of the data")
  package let pooling = Setting(
    "model.classifier.pooling", in: \.model.classifier, \.pooling, flag: "pool", "What stands for a sample"
  ).byDefault("the mean of the patches, behind it a norm; the encoder's own norm of mae-st")
  package let headDropout = Setting(
    "model.classifier.dropout", in: \.model.classifier, \.dropout, flag: "head-dropout",
    "Share of the pooled values that training sets to zero"
  ).byDefault("the recipe's")
    .expecting("at least 0 and below 1") { (0..<1).contains($0) }
  package let trainedBlocks = Setting(
    "model.classifier.trained-blocks", in: \.model.classifier, \.trainedBlocks, flag: "blocks",
    "Blocks that are trained, the last ones, with norm and head; half a block is its feed-forward part"
  ).byDefault("all, and the embedding of the patches")
    .expecting("at least 0, in halves") { $0 ?? 0 >= 0 }

  // MARK: Decoder

  package let decoderWidth = Setting(
    "model.decoder.blocks.width", in: \.model.decoder, \.blocks.width, flag: "decoder-width", "Width of the decoder"
  ).origin(Settings.sizes)
  package let decoderDepth = Setting(
    "model.decoder.blocks.depth", in: \.model.decoder, \.blocks.depth, flag: "decoder-depth", "Blocks of the decoder"
  ).origin(Settings.sizes)
  package let decoderHeads = Setting(
    "model.decoder.blocks.heads", in: \.model.decoder, \.blocks.heads, flag: "decoder-heads", "Attention heads of the decoder"
  ).origin(Settings.sizes)
  package let decoderFeedForward = Setting(
    "model.decoder.blocks.feed-forward-width", in: \.model.decoder, \.blocks.feedForwardWidth,
    "Hidden width of the decoder's feed-forward parts"
  ).origin(Settings.sizes)
  package let decoderBias = Setting(
    "model.decoder.blocks.attention-bias", in: \.model.decoder, \.blocks.attentionBias,
    "Which of query, key and value have a bias")
  package let decoderEpsilon = Setting(
    "model.decoder.blocks.norm-epsilon", in: \.model.decoder, \.blocks.normEpsilon, "What layer norms add to the variance")
  package let decoderLayerScale = Setting(
    "model.decoder.blocks.layer-scale", in: \.model.decoder, \.blocks.layerScale, "Initial factor per channel of each branch")
  package let decoderPositions = Setting(
    "model.decoder.positions", in: \.model.decoder, \.positions, "How tokens learn where they are")
  package let decoderClassToken = Setting(
    "model.decoder.class-token", in: \.model.decoder, \.classToken, "What the decoder has as class token")
  package let embedBias = Setting(
    "model.decoder.embed-bias", in: \.model.decoder, \.embedBias, "Whether the map from encoder to decoder has a bias")
  package let decoderFinalEpsilon = Setting(
    "model.decoder.final-norm-epsilon", in: \.model.decoder, \.finalNormEpsilon, "What the last norm adds to the variance")
  package let decoderOrder = Setting(
    "model.decoder.cross.order", in: \.cross, \.order, flag: "decoder-order", "Order inside a cross decoder's block")
  package let normFirst = Setting(
    "model.decoder.cross.norm-first", in: \.cross, \.normFirst, "Whether the norm stands before each branch")
  package let dropout = Setting(
    "model.decoder.cross.dropout", in: \.cross, \.dropout, "Share of the decoder's values that training sets to zero")
  package let memoryPositions = Setting(
    "model.decoder.cross.memory-positions", in: \.cross, \.memoryPositions, "Whether the first frame's tokens get positions too")

  // MARK: Masking

  package let maskType = Setting(
    "model.masking.kind", \.model.masking.kind, flag: "mask-type",
    """
    Masking, or a file of masks (safetensors with `mask` of tokens or masks × tokens, or a picture at token-grid size, white = \
    hidden)
    """
  ).readByObjective(\.masking)
  package let maskRatio = Setting(
    "model.masking.ratio", \.model.masking.ratio, flag: "mask-ratio",
    "Hidden share of the tokens, with stages as --input-size"
  ).readByObjective(\.masking).read("another --mask-type than given masks") { $0.model.masking.kind != .given }
    .expecting("a share above 0 and below 1") { $0 > 0 && $0 < 1 }
  package let rounding = Setting("model.masking.rounding", \.model.masking.rounding, "How the ratio becomes a count of tokens")
    .readByObjective(\.masking)
  package let decoderMaskRatio = Setting(
    "model.masking.decoder-ratio", \.model.masking.decoderRatio, flag: "decoder-mask-ratio",
    "Share of the tokens that the decoder is not asked for (VideoMAE V2)"
  ).readByObjective(\.masking.decoderRatio)
  package let decoderMaskType = Setting(
    "model.masking.decoder-kind", \.model.masking.decoderKind, "Masking that chooses them"
  ).readByObjective(\.masking.decoderRatio).read("--decoder-mask-ratio") { $0.model.masking.decoderRatio != nil }
  package let keptRatio = Setting(
    "model.masking.kept-ratio", \.model.masking.keptRatio, flag: "kept-mask-ratio",
    "Share of the tokens that is predicted, drawn from the hidden ones; the rest of them is thrown away (CrossMAE)"
  ).readByObjective(\.masking.keptRatio).byDefault("0.25 of crossmae; otherwise all hidden ones")
  package let masks = Setting("model.masking.masks", \.model.masking.masks, "Given masks, one character per token, 1 = hidden")
    .read("--mask-type given") { $0.model.masking.kind == .given }

  // MARK: Self-guided masking

  package let guideStack = Setting(
    "model.masking.guide.stack", in: \.model.masking.guide, \.stack, "Whose layers are looked at"
  ).guided
  package let guideBlock = Setting(
    "model.masking.guide.block", in: \.model.masking.guide, \.block, flag: "guide-layer",
    "Block whose tokens are compared, from 1"
  ).byDefault("the encoder's last but one, the decoder's last").guided
  package let guideRelations = Setting(
    "model.masking.guide.relations", in: \.model.masking.guide, \.relations, flag: "guide-relations",
    "What stands for the tokens: what attention brings to each, or the block's output"
  ).guided
  package let guideEdges = Setting(
    "model.masking.guide.edges", in: \.model.masking.guide, \.edges, "How similarities become edges of the graph"
  ).guided
  package let guideObject = Setting(
    "model.masking.guide.object", in: \.model.masking.guide, \.object, flag: "guide-object", "Which side of the cut is the object"
  ).guided
  package let guideTarget = Setting(
    "model.masking.guide.target", in: \.model.masking.guide, \.target,
    "Which side is hidden, or both by turns from epoch to epoch"
  ).guided
  package let clipGraph = Setting(
    "model.masking.guide.clip-graph", in: \.model.masking.guide, \.clipGraph, "What a graph spans in a clip"
  ).guided.origin("ours; the paper has stills only").read("clips") { $0.data.sampling.isClip }
  package let hints = Setting(
    "model.masking.guide.hints", in: \.model.masking.guide, \.hints, flag: "hints", "Which hidden tokens are shown after all"
  ).guided
  package let hintRatio = Setting(
    "model.masking.guide.hint-ratio", in: \.model.masking.guide, \.hintRatio, flag: "hint-ratio",
    "Hints as a share of the hidden tokens at the switch; none are left at the end but one"
  ).guided.read("--hints") { $0.model.masking.guide?.hints != HintKind.none }

  // MARK: Target

  package let normalization = Setting(
    "model.target.normalization", \.model.target.normalization, flag: "norm-pix-loss",
    "Normalise the target of each patch: per patch, or per channel of it"
  ).readByObjective(\.target.normalization).named { name, recipe in
    guard name == "on" else { return nil }
    let published = recipe.method.recipe(recipe.preset).model.target.normalization
    return published == .none ? .perPatch : published
  }
  package let targetValues = Setting("model.target.values", \.model.target.values, "Which pixel values are predicted")
    .readByObjective(\.target.values)
  package let loss = Setting("model.target.loss", \.model.target.loss, "How predictions are compared with targets")
    .readByObjective(\.target.loss)
  package let predictedFrames = Setting(
    "model.target.predicted-frames", \.model.target.predictedFrames, flag: "pred-t-dim", "Frames that are predicted"
  ).readByObjective(\.target.predictedFrames).byDefault("half of them for mae-st, the paper's; else all")
  package let uniformityWeight = Setting(
    "model.uniformity-weight", \.model.uniformityWeight, flag: "uniformity-weight", "Weight of the uniformity term (U-MAE)"
  ).readByObjective(\.uniformityWeight)
    .expecting("at least 0") { $0 >= 0 }

  // MARK: Schedule of the guide

  package let guideStart = Setting(
    "guidance.start", in: \.guidance, \.start, flag: "guide-start",
    """
    When guided masks begin: an epoch, a share of the run as 12.5%, or auto: when the decoder comes to use mask tokens as much \
    as visible ones, from 20 epochs on; in a run that its time cuts below that, after a quarter of it at the latest
    """
  ).formerly("model.masking.guide.start").guided
    .expecting("an epoch of at least 0, or a share from 0% to 100%") { $0.isPossible }
  package let guideMode = Setting(
    "guidance.mode", in: \.guidance, \.mode, flag: "guide-mode",
    "Weights that guide: of each step, frozen at the start, or once per image"
  ).formerly("model.masking.guide.mode").byDefault("image; step for clips").guided
  package let guideRenewal = Setting(
    "guidance.renewal", in: \.guidance, \.renewal, "Share of the run after which pictures are looked at anew"
  ).byDefault("1, never; 0.1 with --mask-type attention").guided.read("--guide-mode image") { $0.guidance?.mode == .image }
    .expecting("more than 0 and at most 1") { $0 > 0 && $0 <= 1 }

  // MARK: Fine-tuning

  package let labelSmoothing = Setting(
    "fine-tuning.label-smoothing", in: \.fineTuning, \.labelSmoothing, flag: "smoothing",
    "Share of every target that is spread over all classes"
  ).byDefault("the recipe's")
    .expecting("at least 0 and below 1") { (0..<1).contains($0) }
  package let mixup = Setting(
    "fine-tuning.mixup", in: \.fineTuning, \.mixup, flag: "mixup", "α of the shares by which samples are mixed; 0 for none"
  ).byDefault("the recipe's")
    .expecting("at least 0") { $0 >= 0 && $0.isFinite }
  package let cutmix = Setting(
    "fine-tuning.cutmix", in: \.fineTuning, \.cutmix, flag: "cutmix",
    "α of the shares of boxes that come from other samples; 0 for none"
  ).byDefault("the recipe's")
    .expecting("at least 0") { $0 >= 0 && $0.isFinite }
  package let erasing = Setting(
    "fine-tuning.erasing", in: \.fineTuning, \.erasing, flag: "reprob", "Probability that a sample gets a box of noise"
  ).byDefault("the recipe's")
    .expecting("a probability from 0 to 1") { (0...1).contains($0) }
  package let augmentations = Setting(
    "fine-tuning.augmentations", in: \.fineTuning, \.augmentations, flag: "augmentations",
    "Operations of RandAugment for each sample, each done half of the time; 0 for none"
  ).byDefault("the recipe's")
    .expecting("at least 0") { $0 >= 0 }
  package let magnitude = Setting(
    "fine-tuning.magnitude", in: \.fineTuning, \.magnitude, flag: "magnitude", "How far RandAugment's operations go"
  ).byDefault("the recipe's")
    .expecting("0 to 10") { (0...10).contains($0) }
  package let averageDecay = Setting(
    "fine-tuning.average-decay", in: \.fineTuning, \.averageDecay, flag: "model-ema-decay",
    "Share of the running mean of the weights that stays at each step; the mean is judged and saved"
  ).byDefault("none: the weights themselves")
    .expecting("above 0 and below 1") { $0.map { $0 > 0 && $0 < 1 } ?? true }

  // MARK: Samples

  package let inputs = Setting("data.inputs", \.data.inputs, "Files, folders, tar shards and lists")
  package let frameRate = Setting(
    "data.frame-rate", \.data.frameRate, flag: "fps",
    "Frames per second of folders of numbered stills, which are then videos; also of those in a list of path, start, total"
  ).byDefault("they are stills").expecting("above 0") { $0.map { $0 > 0 && $0.isFinite } ?? true }
  package let sampling = Setting(
    "data.sampling", \.data.sampling, flag: "sampling",
    "How the frames of a sample are chosen: of a clip dense (clip, --sampling-rate apart) or uniform (over the whole video)"
  ).named { name, _ in name == "dense" ? .clip : nil }
    .byDefault("the method's: still, clip, timed-clip of mae-st, pair of siammae")
  package let samplingRate = Setting(
    "data.sampling-rate", \.data.samplingRate, flag: "sampling-rate", "Frames from one frame of a clip to the next"
  ).read("clips of frames at equal distances, as --sampling dense has them") {
    $0.data.sampling.isClip && $0.data.sampling != .uniform
  }
  .expecting("at least 1") { $0 >= 1 }
  package let frameGap = Setting(
    "data.frame-gap", \.data.frameGap, flag: "frame-gap", "Smallest and largest distance of a pair of frames, as 4,48"
  ).read { $0.data.sampling == .pair }.named("two whole numbers, as 4,48") { _, _ in nil }
    .expecting("A,B with 1 ≤ A ≤ B") { gap in gap.map { $0.count == 2 && $0[0] >= 1 && $0[0] <= $0[1] } ?? true }
  package let crop = Setting("data.crop", \.data.crop, flag: "crop", "How the window of a sample is chosen")
  package let minimumArea = Setting(
    "data.minimum-area", \.data.minimumArea, "Smallest share of the picture that a resized crop covers"
  ).read("--crop resized or resized-once") { [.resized, .resizedOnce].contains($0.data.crop) }
    .expecting("a share above 0, at most 1") { $0 > 0 && $0 <= 1 }
  package let filter = Setting("data.filter", \.data.filter, "How pictures are resized")
  package let squarePixels = Setting(
    "data.square-pixels", \.data.squarePixels, flag: "square-pixels",
    "Stretch pictures with pixels that are not square, as players do"
  ).origin("as the public loaders")
  package let flip = Setting("data.flip", \.data.flip, flag: "hflip", "Probability of a horizontal flip")
    .expecting("a probability from 0 to 1") { (0...1).contains($0) }
  package let repeats = Setting(
    "data.repeats", \.data.repeats, flag: "repeat-aug", "Samples drawn from a file each time it is opened"
  )
  .expecting("at least 1") { $0 >= 1 }
  package let maxBad = Setting(
    "data.max-bad", \.data.maxBad, flag: "max-bad", "Share of bad files above which the run stops"
  ).origin("ours").free
    .expecting("a share from 0 to 1") { (0...1).contains($0) }
  package let workers = Setting(
    "data.workers", \.data.workers, flag: "num-workers", "Threads that decode; 0: none beside the computing ones"
  ).byDefault("half as many as cores, from 1 to 4").free
    .expecting("at least 0") { $0 ?? 0 >= 0 }
  package let decodeTimeout = Setting(
    "data.decode-timeout", \.data.decodeTimeout, flag: "decode-timeout",
    "Seconds without progress after which a file that is being read is given up"
  ).origin("ours").free
    .expecting("seconds, above 0 and at most a day") { $0 > 0 && $0 <= 86400 }
  package let allowTruncated = Setting(
    "data.allows-truncated", \.data.allowsTruncated, flag: "allow-truncated",
    "Take what there is of a still whose end is missing; the rest is grey"
  ).read { $0.data.sampling == .still }.byDefault("no: such a file is bad").free
  package let cache = Setting(
    "data.cache", \.data.cache, flag: "cache",
    "Folder that keeps frame indexes and what folders hold for the next run; several runs may share it"
  ).named { path, _ in path == "none" ? nil : path.absolutePath }.free

  // MARK: Optimizer

  package let optimizerKind = Setting(
    "optimizer.kind", \.optimizer.kind, flag: "optimizer",
    """
    What changes the weights; muon is for matrices between hidden layers, with adamw for the rest, adam TensorFlow's form with \
    decay beside the rate
    """
  ).byDefault("adamw, the papers'; adam of mwm and mwm-multiview")
  package let baseRate = Setting(
    "optimizer.base-learning-rate", \.optimizer.baseLearningRate, flag: "blr",
    "Learning rate per 256 samples of the effective batch; of crossmae times --kept-mask-ratio / --mask-ratio as well"
  )
  .expecting("above 0") { $0 > 0 && $0.isFinite }
  package let referenceBatch = Setting(
    "optimizer.reference-batch", \.optimizer.referenceBatch, "Samples that the base learning rate is for"
  )
  .expecting("at least 1") { $0 >= 1 }
  package let scalesByKeptShare = Setting(
    "optimizer.scales-by-kept-share", \.optimizer.scalesByKeptShare,
    "Whether the rule of --blr also multiplies by the predicted share of the hidden tokens, --kept-mask-ratio / --mask-ratio"
  ).readByObjective(\.masking.keptRatio).byDefault("true of crossmae, the paper's")
  package let rate = Setting("optimizer.learning-rate", \.optimizer.learningRate, flag: "lr", "Learning rate, whatever the batch")
    .byDefault(
      """
      by --blr; of tiny and small models with effective batches below \(Recipe.quickBatchLimit) \
      \(RecipeText.number(Recipe.quickLearningRate)), ours: short runs learn nothing by the papers' rule
      """
    )
    .expecting("above 0") { $0 ?? 1 > 0 && $0?.isFinite != false }
  package let matrixRateFactor = Setting(
    "optimizer.matrix-rate-factor", \.optimizer.matrixRateFactor, flag: "muon-lr-factor",
    "What muon's matrices multiply the learning rate by"
  ).byDefault("1: its updates are as long as adamw's").read("--optimizer muon") { $0.optimizer.kind == .muon }
    .expecting("above 0") { $0 ?? 1 > 0 && $0?.isFinite != false }
  package let momentum = Setting(
    "optimizer.momentum", \.optimizer.momentum, "Share of muon's running mean of gradients that stays"
  ).byDefault("\(OptimizerRecipe.usualMomentum), the public implementation's").read("--optimizer muon") {
    $0.optimizer.kind == .muon
  }
  .expecting("0 ..< 1") { (0..<1).contains($0 ?? 0) }
  package let beta1 = Setting("optimizer.beta1", \.optimizer.beta1, "Share of the running mean of gradients that stays")
    .expecting("0 ..< 1") { (0..<1).contains($0) }
  package let beta2 = Setting("optimizer.beta2", \.optimizer.beta2, "Share of the running mean of squares that stays")
    .expecting("0 ..< 1") { (0..<1).contains($0) }
  package let epsilon = Setting("optimizer.epsilon", \.optimizer.epsilon, "What AdamW adds to the root of squares")
    .expecting("above 0") { $0 > 0 }
  package let weightDecay = Setting(
    "optimizer.weight-decay", \.optimizer.weightDecay, flag: "weight-decay",
    "Decoupled weight decay, times the rate; with --optimizer adam whatever the rate is"
  )
  .expecting("at least 0") { $0 >= 0 && $0.isFinite }
  package let undecayed = Setting("optimizer.undecayed", \.optimizer.undecayed, "Kinds of parameters that do not decay")
  package let layerDecay = Setting(
    "optimizer.layer-decay", \.optimizer.layerDecay, flag: "layer-decay",
    "Rate of each layer against that of the next one towards the output"
  ).byDefault("1 where nothing is fine-tuned")
    .expecting("above 0, at most 1") { $0.map { $0 > 0 && $0 <= 1 } ?? true }
  package let clipGradient = Setting(
    "optimizer.clip-gradient", \.optimizer.clipGradient, flag: "clip-grad", "Largest norm of the gradient, or none"
  )
  .expecting("above 0") { $0 ?? 1 > 0 }

  // MARK: Schedule

  package let scheduleKind = Setting(
    "schedule.kind", \.schedule.kind, flag: "schedule",
    "How the learning rate changes; with wsd (warm-up, stable, decay) a run can be extended, see --extend"
  ).named { name, recipe in
    guard name == "cosine" else { return nil }
    let published = recipe.method.recipe(recipe.preset).schedule.kind
    return published == .cosineTable ? published : .halfCosine
  }
  package let decayShare = Setting(
    "schedule.decay-share", \.schedule.decayShare, flag: "decay-share",
    "Share of the run over which the rate falls at its end, as 0.2 or 20%"
  ).named("a share as 0.2 or 20%") { text, _ in share(text).map(Optional.some) }
    .byDefault("\(ScheduleRecipe.usualDecayShare), ours").read("--schedule wsd") { $0.schedule.kind == .wsd }
    .expecting("above 0 and at most 1") { $0 ?? 1 > 0 && $0 ?? 1 <= 1 }
  package let epochs = Setting(
    "schedule.epochs", \.schedule.epochs, flag: "epochs",
    "Length of the run in passes over the data; the papers' are weeks on a CPU, so --max-time cuts them where nothing is given"
  )
  .expecting("above 0 and at most 1000000000") { $0.map { $0 > 0 && $0 <= 1e9 } ?? true }
  package let steps = Setting("schedule.steps", \.schedule.steps, flag: "steps", "Length of the run in updates of the weights")
    .byDefault("as --epochs says")
    .expecting("1 to 1000000000000") { (1...1_000_000_000_000).contains($0 ?? 1) }
  package let maxTime = Setting(
    "schedule.max-time", \.schedule.maxTime, flag: "max-time",
    """
    Time that the run takes at most, saving and measuring included, as 90s, 8h or 1h30m: as many steps as fit are planned; with \
    --steps or --epochs the shorter length holds
    """
  ).byDefault("\(Recipe.defaultMaxTime), ours, where neither flags nor --config say how long; else none")
    .expecting("at least 1s") { $0?.seconds ?? 1 >= 1 }
  package let warmupEpochs = Setting(
    "schedule.warmup-epochs", \.schedule.warmupEpochs, flag: "warmup-epochs", "Passes over the data in which the rate rises"
  ).origin("at most 10 % of the run; the paper's")
    .expecting("0 to 1000000000") { (0...1e9).contains($0) }
  package let warmupSteps = Setting(
    "schedule.warmup-steps", \.schedule.warmupSteps, flag: "warmup-steps", "Updates of the weights in which the rate rises"
  ).byDefault("as --warmup-epochs says")
    .expecting("at least 0") { $0 ?? 0 >= 0 }
  package let warmupShare = Setting(
    "schedule.warmup-share", \.schedule.warmupShare, "The warm-up is at most this share of the run"
  ).origin("ours")
    .expecting("0 to 1") { (0...1).contains($0 ?? 1) }
  package let minimumBaseRate = Setting(
    "schedule.minimum-base-learning-rate", \.schedule.minimumBaseLearningRate, "Base rate at the end"
  ).read("a cosine or wsd") { [.halfCosine, .cosineTable, .wsd].contains($0.schedule.kind) }
  package let minimumRate = Setting(
    "schedule.minimum-learning-rate", \.schedule.minimumLearningRate, flag: "min-lr",
    "Learning rate at the end, whatever the batch"
  ).byDefault("the paper's, which follows the batch as --blr does")
    .read("a cosine or wsd") { [.halfCosine, .cosineTable, .wsd].contains($0.schedule.kind) }
    .expecting("a finite number of at least 0") { $0 ?? 0 >= 0 && $0?.isFinite != false }
  package let warmupBaseRate = Setting(
    "schedule.warmup-base-learning-rate", \.schedule.warmupBaseLearningRate, "Base rate at the start of the warm-up")
  package let milestones = Setting(
    "schedule.milestones", \.schedule.milestones, "Shares of the run after which the rate is multiplied by the factor"
  ).read("schedule.kind: multistep") { $0.schedule.kind == .multistep }
    .expecting("ascending shares from 0 to 1") { shares in
      shares.map { $0.allSatisfy((0...1).contains) && $0 == $0.sorted() } ?? true
    }
  package let factor = Setting("schedule.factor", \.schedule.factor, "What milestones multiply the rate by")
    .read("schedule.kind: multistep") { $0.schedule.kind == .multistep }
  package let inputSizes = Setting(
    "schedule.input-sizes", \.schedule.inputSizes, "Input sizes before the model's own, each with its share of the run"
  ).byDefault("none").expecting(stageShares) { leavesRest($0?.map(\.share)) }
  package let frameCounts = Setting(
    "schedule.frames", \.schedule.frames, "Numbers of frames before the model's own, each with its share of the run"
  ).byDefault("none").expecting(stageShares) { leavesRest($0?.map(\.share)) }.read { $0.data.sampling.isClip }
  package let maskRatios = Setting(
    "schedule.mask-ratios", \.schedule.maskRatios, "Mask ratios before the model's own, each with its share of the run"
  ).byDefault("none").expecting(stageShares) { leavesRest($0?.map(\.share)) }.readByObjective(\.masking)
    .read("another --mask-type than given masks") { $0.model.masking.kind != .given }

  // MARK: Evaluation

  package let evaluationData = Setting(
    "evaluation.data", \.evaluation.data, flag: "eval-data",
    "Labelled files, folders or lists whose neighbours are judged while training: accuracy of the frozen features"
  ).named { path, _ in path == "none" ? nil : .some(path.split(separator: ",").map { String($0).absolutePath }) }
    .byDefault("none").free
  package let evaluationValidation = Setting(
    "evaluation.validation", \.evaluation.validation, flag: "eval-val", "Files with the same labels to judge on"
  ).named { path, _ in path == "none" ? nil : .some(path.split(separator: ",").map { String($0).absolutePath }) }
    .byDefault("folds of --eval-data").free
    .read("--eval-data") { $0.evaluation.data != nil || $0.model.classifier != nil }
  package let evaluationInterval = Setting(
    "evaluation.every", \.evaluation.every, flag: "eval-every", "Steps from one evaluation to the next"
  ).byDefault("as --eval-share allows").free
    .expecting("at least 1") { $0 ?? 1 >= 1 }
  package let evaluationShare = Setting(
    "evaluation.share", \.evaluation.share, flag: "eval-share", "Share of the time that evaluations take at most, as 0.05 or 5%"
  ).named("a share as 0.05 or 5%") { text, _ in share(text).map(Optional.some) }
    .byDefault("\(EvaluationRecipe.usualShare), ours").free
    .expecting("above 0 and at most 1") { $0 ?? 1 > 0 && $0 ?? 1 <= 1 }
  package let evaluationClips = Setting(
    "evaluation.clips", \.evaluation.clips, flag: "eval-clips",
    "Clips of each validation video whose probabilities are averaged, from its beginning to its end; uniformly sampled at most 2"
  ).byDefault("1, the one in the middle; VideoMAE is judged by 5, of Something-Something by 2").free
    .read("a classifier of clips") { $0.model.classifier != nil && $0.data.sampling.isClip }
    .expecting("at least 1") { $0 ?? 1 >= 1 }
  package let evaluationCrops = Setting(
    "evaluation.crops", \.evaluation.crops, flag: "eval-crops",
    "Crops of each of them, or of a still, from one side to the other"
  ).byDefault("1, the one in the centre; VideoMAE is judged by 3").free
    .read("a classifier") { $0.model.classifier != nil }
    .expecting("at least 1") { $0 ?? 1 >= 1 }
  package let holdout = Setting(
    "evaluation.holdout", \.evaluation.holdout, flag: "holdout",
    "Share of the files that only tell the loss on new ones, as 0.02 or 2%; 0 for none"
  ).named("a share as 0.02 or 2%") { text, _ in share(text).map(Optional.some) }
    .byDefault("2% of \(EvaluationRecipe.enoughFiles) files and more, ours")
    .expecting("at least 0 and below 1") { (0..<1).contains($0 ?? 0) }
  package let picturesEvery = Setting(
    "evaluation.pictures-every", \.evaluation.picturesEvery, flag: "pictures-every",
    "Steps from one time that the same few files are completed to the next, for the report; 0 for never"
  ).byDefault("ten times in a run, in at most 1% of its time").free
    .expecting("at least 0") { $0 ?? 0 >= 0 }
  package let histogramsEvery = Setting(
    "evaluation.histograms-every", \.evaluation.histogramsEvery, flag: "histograms-every",
    "Steps from one histogram of the gradients in the event file to the next"
  ).byDefault("none").free
    .expecting("at least 1") { $0 ?? 1 >= 1 }

  // MARK: Run

  package let seed = Setting("run.seed", \.run.seed, flag: "seed", "Number that weights, samples and masks follow from")
    .origin("ours")
  package let batchSize = Setting(
    "run.batch-size", \.run.batchSize, flag: "batch-size", "Samples that go through the model at once"
  ).origin("ours, for one machine")
    .expecting("at least 1") { $0 >= 1 }
  package let accumulation = Setting(
    "run.accumulation", \.run.accumulation, flag: "accum-iter", "Batches whose gradients are added before the weights change"
  ).origin("ours")
    .expecting("1 to 1000000") { (1...1_000_000).contains($0) }
  package let threads = Setting("run.threads", \.run.threads, flag: "threads", "Threads that compute")
    .byDefault("one per core").free
    .expecting("at least 1") { $0 ?? 1 >= 1 }
  package let precision = Setting(
    "run.precision", \.run.precision, flag: "precision",
    "What linear layers multiply: float32, or bf16, rounded to it first and summed up as float32 (a processor with AVX-512 BF16)"
  ).named("float32 or bf16") { name, _ in
    name == Precision.float32.rawValue ? .some(nil) : name == "bfloat16" ? .bf16 : nil
  }.byDefault("float32, ours")
  package let recompute = Setting(
    "run.recompute", \.run.recompute, flag: "recompute",
    "Compute blocks again in backward rather than keep what they computed: less memory, more time, the same bits"
  ).origin("ours").free
  package let saveEvery = Setting("run.save-every", \.run.saveEvery, flag: "save-every", "Steps between checkpoints")
    .byDefault("a tenth of the run or ten minutes, whichever is sooner").free
    .expecting("at least 1") { $0 ?? 1 >= 1 }
  package let keep = Setting(
    "run.keep", \.run.keep, flag: "keep",
    """
    Checkpoints that stay, beside the best and the last: so many of the newest, or spread:6 for the one of step 0, the two \
    newest and others over the run between them; mae analyze shows how they differ
    """
  ).byDefault(
    """
    \(CheckpointKeeping.usual), ours, or as many as take \(RecipeText.number(CheckpointKeeping.usualShare * 100))% of the free \
    disk, two at least
    """
  ).free
    .expecting("at least 1, or spread:3 and more") { $0?.isPossible ?? true }
  package let skipSpikes = Setting(
    "run.skip-spikes", \.run.skipSpikes, flag: "skip-spikes",
    "Leave out steps whose loss or gradient norm lies more than so many standard deviations above what is usual, as 6"
  ).byDefault("none is left out; those beyond 6 are said").free
    .expecting("above 0") { $0 ?? 1 > 0 && $0?.isFinite != false }
  package let initialWeights = Setting("run.initial-weights", \.run.initialWeights, flag: "init", "Weights to start from")
    .named { path, _ in path == "none" ? nil : path.recordedPath }.byDefault("none: random ones")
  package let extends = Setting(
    "run.extends", \.run.extends, flag: "extend",
    """
    A run with --schedule wsd to go on from in another folder, as if it had been longer: from before its rate fell, with its \
    settings and a larger --steps, --epochs, or --max-time for what is added
    """
  ).named { path, _ in path == "none" ? nil : path.recordedPath }.byDefault("none").read("--schedule wsd") {
    $0.schedule.kind == .wsd
  }
  package let initialWeightsKey = Setting(
    "run.initial-weights-key", \.run.initialWeightsKey, flag: "weights-key",
    "Of several models in the file of --init, that under this key, e.g. model_ema"
  ).byDefault("the one that fits best").free.read("--init") { $0.run.initialWeights != nil }

  private static let statisticsForm = "imagenet, half, mae-st, or numbers as 0.5,0.5,0.5"

  /// Mean and deviation per channel of well-known collections.
  private static let statistics: [String: (mean: [Float], deviation: [Float])] = [
    "imagenet": (InputConfiguration.imageNetMean, InputConfiguration.imageNetDeviation),
    "half": ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]), "mae-st": ([0.45, 0.45, 0.45], [0.225, 0.225, 0.225]),
  ]
}

extension Setting {
  /// Of self-guided masking, or of the schedule of any guided masking.
  fileprivate var guided: Self {
    read(path.hasPrefix("guidance") ? "--mask-type self-guided or attention" : "--mask-type self-guided") { _ in true }
  }
}

extension String {
  /// The path from the root as recipes hold it. One from the root stays as it is: a run is known by its recipe, so that another
  /// spelling would be another run.
  package var recordedPath: String { hasPrefix("/") ? self : URL(fileURLWithPath: self).standardizedFileURL.path }
}

private let stageShares = "shares above 0% that leave a part of the run to the last value"

/// Whether stages leave a part of the run to the value after them.
private func leavesRest(_ shares: [Double]?) -> Bool {
  guard let shares else { return true }
  return !shares.isEmpty && shares.allSatisfy { $0 > 0 } && shares.reduce(0, +) < 1 - 1e-7
}

/// A share in percent, `2%`.
private func share(_ text: String) -> Double? { text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : nil }

extension GuideStart {
  fileprivate var isPossible: Bool {
    switch self {
    case .epoch(let epoch): epoch >= 0 && epoch.isFinite
    case .share(let share): (0...1).contains(share)
    case .automatic: true
    }
  }
}

extension DataRecipe.Sampling {
  var isClip: Bool { self == .clip || self == .timedClip || self == .uniform }
}

extension Recipe {
  /// How a decoder attends another frame, if it does.
  var cross: CrossDecoding? {
    get { model.decoder?.cross }
    set { model.decoder?.cross = newValue }
  }
}
