import MAECore
import MAEEngine

/// A network with its numbers: what is trained, saved, loaded and evaluated. Belongs to one thread.
public final class Model {
  /// What the model is made of.
  public let configuration: ModelConfiguration
  /// What it computes.
  public let objective: any Objective
  /// Its numbers.
  public let parameters: ParameterStore
  let masking: (any MaskingStrategy)?
  private let decoderMasking: (any MaskingStrategy)?
  /// Hidden tokens that are predicted of each sample; nil = all.
  private let keptTokens: Int?

  /// - Parameter seed: of the initial values; nil leaves them at zero, for weights that are about to be loaded.
  public init(_ configuration: ModelConfiguration, seed: UInt64?) throws(ConfigurationError) {
    let problems = configuration.problems
    guard problems.isEmpty else { throw ConfigurationError(problems) }
    do throws(MaskingError) {
      masking = try configuration.maskingStrategy()
      decoderMasking = try configuration.masking.decoderStrategy(for: configuration.grid, patch: configuration.input.patch)
    } catch { throw ConfigurationError(error.description) }
    keptTokens = masking.flatMap {
      configuration.masking.keptCount(
        of: configuration.grid.count - $0.visibleCount(in: configuration.grid), in: configuration.grid)
    }
    guard keptTokens ?? 1 > 0 else {
      throw ConfigurationError("--kept-mask-ratio leaves none of the hidden tokens to predict; choose a larger share")
    }
    self.configuration = configuration
    let scope = ParameterScope()
    objective = configuration.objective(in: scope)
    parameters = ParameterStore(scope, seed: seed)
  }

  /// Tokens that the encoder sees of each sample.
  public var visibleTokens: Int {
    masking?.visibleCount(in: configuration.grid) ?? configuration.grid.count
  }

  /// What people should know of the masking beside its name and ratio.
  public var maskingRemark: String? {
    let kept = keptTokens.map { "\($0) of the others are predicted" }
    let (grid, masking) = (configuration.grid, configuration.masking)
    let decoder = decoderMasking.map { strategy in
      """
      the decoder is asked for the hidden ones among \(strategy.visibleCount(in: grid)) that \(masking.decoderKind) masking at \
      \(masking.decoderRatio ?? 0) leaves
      """
    }
    let remarks = [self.masking?.remark(on: grid), kept, decoder].compactMap(\.self)
    return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
  }

  /// A mask for each training sample, keyed by its position in the run: the same whatever the batch size or the number of
  /// threads; none where the objective uses none. Decoder masking is applied.
  ///
  /// - Parameter guidance: one for each sample, for a guided masking after its switch.
  public func masks(
    for samples: [Sample], random: RandomStream, progress: Double = 0, guidance: [MaskGuidance]? = nil
  ) throws(MaskingError) -> [TokenMask] {
    guard let masking else { return [] }
    var masks: [TokenMask] = []
    for (index, sample) in samples.enumerated() {
      var stream = random.fork("mask", sample.position)
      let context = MaskContext(grid: configuration.grid, progress: progress, sample: sample, guidance: guidance?[index])
      var mask = try masking.mask(context, random: &stream)
      if let decoderMasking {
        var stream = random.fork("decoder mask", sample.position)
        mask = mask.predicting(try decoderMasking.mask(context, random: &stream).visible)
      }
      if let keptTokens {
        var stream = random.fork("kept tokens", sample.position)
        let hidden = mask.hidden
        mask = mask.predicting(stream.permutation(hidden.count).prefix(keptTokens).map { hidden[Int($0)] }.sorted())
      }
      masks.append(mask)
    }
    return masks
  }

  /// The pixels of a batch as this model takes them.
  public func source(_ batch: ClipBatch) -> PixelSource {
    PixelSource(batch, mean: configuration.input.mean, deviation: configuration.input.deviation)
  }

  /// A batch with its masks, as the objective takes it.
  public func batch(_ clips: ClipBatch, masks: [TokenMask]) -> Batch {
    Batch(source(clips), masks: masks, samples: clips.samples)
  }
}

extension ModelConfiguration {
  /// Names, shapes and roles of all parameters, without making their numbers.
  ///
  /// - Precondition: there are no ``problems``.
  public var parameters: [Parameter] {
    let scope = ParameterScope()
    _ = objective(in: scope)
    return scope.declarations.map(\.parameter)
  }

  func objective(in scope: ParameterScope) -> any Objective { objective.init(self, in: scope) }
}
