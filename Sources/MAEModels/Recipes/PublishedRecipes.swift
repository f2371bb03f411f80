extension Recipe {
  /// The size that is taken when none is asked for: the largest that learns something on a CPU within an hour.
  public static let defaultPreset = ModelSize.small

  /// A method's published way of training, at one of its sizes.
  ///
  /// The batch sizes are ours, for one machine: the papers' (1,024 to 4,096) need hundreds of gigabytes.
  public static func published(_ method: Method, _ preset: ModelSize) -> Recipe {
    switch method {
    case .mae, .selfGuided, .uMAE: imageMAE(method, preset)
    case .videomae: videoMAE(preset)
    case .maeST: spacetimeMAE(preset)
    case .siammae: siamMAE(preset)
    case .simmim: simMIM(preset)
    }
  }

  /// Where the numbers of ``published(_:_:)`` come from.
  public static func source(of method: Method) -> String {
    switch method {
    case .mae: "He et al. 2021, table 8, and the public pretraining guide"
    case .uMAE: "Zhang et al. 2022, public training script (warm-up 20 epochs as its guide says)"
    case .selfGuided: "Shin et al. 2024 (400 epochs), otherwise as MAE; what the paper leaves open is ours"
    case .videomae: "Tong et al. 2022, appendix, and the public Kinetics-400 scripts"
    case .maeST: "Feichtenhofer et al. 2022, and the public pretraining script"
    case .siammae: "Gupta et al. 2023, appendix; cropping as the public implementation"
    case .simmim: "Xie et al. 2021, section 4.1, and the public ViT-B configuration"
    }
  }

  /// Area 0.2 to 1, bicubic, flip 0.5; 800 epochs with 40 of warm-up (U-MAE: 200 with 20; self-guided: 400).
  private static func imageMAE(_ method: Method, _ preset: ModelSize) -> Recipe {
    var recipe = Recipe(
      preset: preset, model: .preset(method, preset),
      data: DataRecipe(sampling: .still, crop: .resized, minimumArea: 0.2, filter: .bicubic, flip: 0.5),
      optimizer: OptimizerRecipe(baseLearningRate: 1.5e-4, undecayed: [.bias, .norm, .layerScale]),
      schedule: ScheduleRecipe(kind: .halfCosine, epochs: 800, warmupEpochs: 40))
    recipe.run.batchSize = 64
    if method == .selfGuided { recipe.schedule.epochs = 400 }
    if method == .uMAE {
      recipe.schedule.epochs = 200
      recipe.schedule.warmupEpochs = 20
    }
    return recipe
  }

  /// Multi-scale crop, no flip, 16 frames 4 apart; a table that ends at 1e-5 per 256 samples.
  private static func videoMAE(_ preset: ModelSize) -> Recipe {
    Recipe(
      preset: preset, model: .preset(.videomae, preset),
      data: DataRecipe(sampling: .clip, samplingRate: 4, crop: .multiScale, filter: .bilinear),
      optimizer: OptimizerRecipe(baseLearningRate: 1.5e-4, undecayed: [.bias, .norm, .layerScale, .token, .position]),
      schedule: ScheduleRecipe(kind: .cosineTable, epochs: 800, warmupEpochs: 40, minimumBaseLearningRate: 1e-5))
  }

  /// Four clips of each opened file, 100 passes with 5 of warm-up; everything but vectors decays, tables and tokens too.
  private static func spacetimeMAE(_ preset: ModelSize) -> Recipe {
    Recipe(
      preset: preset, model: .preset(.maeST, preset),
      data: DataRecipe(
        sampling: .timedClip, samplingRate: 4, crop: .resized, minimumArea: 0.5, filter: .bilinear, flip: 0.5, repeats: 4),
      optimizer: OptimizerRecipe(
        // The public script scales with the number of opened files, so 256 files are 1,024 clips.
        baseLearningRate: 1.6e-3, referenceBatch: 1024, undecayed: [.bias, .norm, .layerScale], clipGradient: 0.02),
      schedule: ScheduleRecipe(kind: .halfCosine, epochs: 100, warmupEpochs: 5))
  }

  /// Two pairs of each opened file, 4 to 48 frames apart, cropped and flipped alike.
  private static func siamMAE(_ preset: ModelSize) -> Recipe {
    var recipe = Recipe(
      preset: preset, model: .preset(.siammae, preset),
      data: DataRecipe(
        sampling: .pair, frameGap: [4, 48], crop: .resizedOnce, minimumArea: 0.5, filter: .bilinear, flip: 0.5, repeats: 2),
      optimizer: OptimizerRecipe(baseLearningRate: 1.5e-4, undecayed: [.bias, .norm, .layerScale]),
      schedule: ScheduleRecipe(kind: .halfCosine, epochs: 2000, warmupEpochs: 40))
    recipe.run.batchSize = 32
    return recipe
  }

  /// Rates per 512 samples; warm-up from 5e-7, a tenth of the rate after seven eighths of the run.
  private static func simMIM(_ preset: ModelSize) -> Recipe {
    var recipe = Recipe(
      preset: preset, model: .preset(.simmim, preset),
      data: DataRecipe(sampling: .still, crop: .resized, minimumArea: 0.67, filter: .bilinear, flip: 0.5),
      optimizer: OptimizerRecipe(
        baseLearningRate: 1e-4, referenceBatch: 512, beta2: 0.999, undecayed: [.bias, .norm, .layerScale, .token, .position],
        clipGradient: 5),
      schedule: ScheduleRecipe(
        kind: .multistep, epochs: 800, warmupEpochs: 10, warmupBaseLearningRate: 5e-7, milestones: [0.875], factor: 0.1))
    recipe.run.batchSize = 32
    return recipe
  }
}
