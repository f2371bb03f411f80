/// A setting that has a flag of its own on the command line.
public struct RecipeFlag: Hashable, Sendable {
  /// Without the dashes, e.g. `mask-ratio`.
  public let name: String
  /// Where the value stands in a recipe, e.g. `model.masking.ratio`.
  public let path: String

  /// Every flag that sets one value. The names are those of the public training scripts where they have one.
  public static let all: [RecipeFlag] = [
    RecipeFlag(name: "input-size", path: "model.input.size"),
    RecipeFlag(name: "patch-size", path: "model.input.patch"),
    RecipeFlag(name: "num-frames", path: "model.input.frames"),
    RecipeFlag(name: "tubelet-size", path: "model.input.tubelet"),
    RecipeFlag(name: "channels", path: "model.input.channels"),
    RecipeFlag(name: "mean", path: "model.input.mean"),
    RecipeFlag(name: "std", path: "model.input.deviation"),
    RecipeFlag(name: "mask-type", path: "model.masking.kind"),
    RecipeFlag(name: "mask-ratio", path: "model.masking.ratio"),
    RecipeFlag(name: "decoder-mask-ratio", path: "model.masking.decoder-ratio"),
    RecipeFlag(name: "guide-start", path: "model.masking.guide.start"),
    RecipeFlag(name: "guide-mode", path: "model.masking.guide.mode"),
    RecipeFlag(name: "guide-layer", path: "model.masking.guide.block"),
    RecipeFlag(name: "hints", path: "model.masking.guide.hints"),
    RecipeFlag(name: "hint-ratio", path: "model.masking.guide.hint-ratio"),
    RecipeFlag(name: "norm-pix-loss", path: "model.target.normalization"),
    RecipeFlag(name: "pred-t-dim", path: "model.target.predicted-frames"),
    RecipeFlag(name: "uniformity-weight", path: "model.uniformity-weight"),
    RecipeFlag(name: "decoder-depth", path: "model.decoder.blocks.depth"),
    RecipeFlag(name: "decoder-width", path: "model.decoder.blocks.width"),
    RecipeFlag(name: "decoder-heads", path: "model.decoder.blocks.heads"),
    RecipeFlag(name: "decoder-order", path: "model.decoder.cross.order"),
    RecipeFlag(name: "sampling-rate", path: "data.sampling-rate"),
    RecipeFlag(name: "frame-gap", path: "data.frame-gap"),
    RecipeFlag(name: "crop", path: "data.crop"),
    RecipeFlag(name: "square-pixels", path: "data.square-pixels"),
    RecipeFlag(name: "hflip", path: "data.flip"),
    RecipeFlag(name: "repeat-aug", path: "data.repeats"),
    RecipeFlag(name: "max-bad", path: "data.max-bad"),
    RecipeFlag(name: "num-workers", path: "data.workers"),
    RecipeFlag(name: "decode-timeout", path: "data.decode-timeout"),
    RecipeFlag(name: "cache", path: "data.cache"),
    RecipeFlag(name: "blr", path: "optimizer.base-learning-rate"),
    RecipeFlag(name: "lr", path: "optimizer.learning-rate"),
    RecipeFlag(name: "weight-decay", path: "optimizer.weight-decay"),
    RecipeFlag(name: "clip-grad", path: "optimizer.clip-gradient"),
    RecipeFlag(name: "epochs", path: "schedule.epochs"),
    RecipeFlag(name: "steps", path: "schedule.steps"),
    RecipeFlag(name: "warmup-epochs", path: "schedule.warmup-epochs"),
    RecipeFlag(name: "batch-size", path: "run.batch-size"),
    RecipeFlag(name: "accum-iter", path: "run.accumulation"),
    RecipeFlag(name: "seed", path: "run.seed"),
    RecipeFlag(name: "threads", path: "run.threads"),
    RecipeFlag(name: "recompute", path: "run.recompute"),
    RecipeFlag(name: "save-every", path: "run.save-every"),
    RecipeFlag(name: "keep", path: "run.keep"),
    RecipeFlag(name: "init", path: "run.initial-weights"),
  ]

  /// What a setting is called on the command line; its path where it has no flag.
  public static func name(of path: String) -> String {
    all.first { $0.path == path || path.hasPrefix($0.path + ".") }.map { "--\($0.name)" } ?? path
  }
}

/// One value that stands above method, preset and file.
public struct RecipeChange: Hashable, Sendable {
  public enum Value: Hashable, Sendable {
    case whole(Int)
    case number(Double)
    case text(String)
    case truth(Bool)
    case list([Double])
    case texts([String])
    /// Takes a value away, e.g. "no clipping".
    case none
  }

  public let path: String
  public let value: Value

  public init(path: String, value: Value) {
    self.path = path
    self.value = value
  }

  /// A change by the name of its flag.
  ///
  /// - Precondition: ``RecipeFlag/all`` lists the flag.
  public init(flag: String, value: Value) {
    guard let known = RecipeFlag.all.first(where: { $0.name == flag }) else {
      preconditionFailure("RecipeChange: there is no flag --\(flag)")
    }
    self.init(path: known.path, value: value)
  }
}
