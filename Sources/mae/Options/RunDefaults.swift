import MaskedAutoencoders

/// What the help of a command that trains says of settings, beside what they say themselves.
protocol RunDefaults {
  /// What is taken where a setting is not given; nil = as the setting says, or what the methods have.
  static func value(of setting: any AnySetting) -> String?
  /// What it means; nil = as the setting says.
  static func meaning(of setting: any AnySetting) -> String?
  /// Whether it does anything for the command.
  static func has(_ setting: any AnySetting) -> Bool
}

/// Settings are described as pretraining takes them.
enum PretrainingDefaults: RunDefaults {
  static func value(of setting: any AnySetting) -> String? { nil }
  static func meaning(of setting: any AnySetting) -> String? { nil }
  static func has(_ setting: any AnySetting) -> Bool { true }
}

/// What the recipes of fine-tuning have.
enum FineTuningDefaults: RunDefaults {
  static func value(of setting: any AnySetting) -> String? {
    if let own = values[setting.path] { return own }
    return setting.defaultText == nil || followsRecipe.contains(setting.path) ? setting.fineTuningValues : nil
  }

  static func meaning(of setting: any AnySetting) -> String? { meanings[setting.path] }

  static func has(_ setting: any AnySetting) -> Bool { !missing.contains(setting.path) }

  private static let settings = Settings.shared

  private static let values = [
    settings.inputSize.path: "the model's",
    settings.sampling.path: "the model's; uniform of \(FineTuningPreset.videoMAEBaseSSv2.rawValue)",
    settings.samplingRate.path: "the model's",
    settings.rate.path: "1e-3 of small, whatever the batch; by --blr of the others",
    settings.minimumRate.path: "1e-6; of the recipes of videomae 1e-6 for 256 samples, which follows the batch as --blr does",
    settings.maxTime.path: "none",
    settings.batchSize.path: "a tenth of the samples, at most 32 stills or 8 clips",
    settings.warmupEpochs.path: "5, at most 10 % of the run",
    settings.optimizerKind.path: "adamw",
  ]

  /// Their defaults are stated for pretraining, or not at all.
  private static let followsRecipe: Set = [
    settings.dropPath.path, settings.layerDecay.path, settings.headDropout.path, settings.labelSmoothing.path,
    settings.mixup.path, settings.cutmix.path, settings.erasing.path, settings.augmentations.path, settings.magnitude.path,
  ]

  private static let meanings = [
    settings.inputSize.path: "Side of the input in pixels, or HEIGHTxWIDTH",
    settings.epochs.path: "Length of the run in passes over the data",
    settings.baseRate.path: "Learning rate per 256 samples of the effective batch",
    settings.scheduleKind.path: "How the learning rate changes",
    settings.initialWeightsKey.path: "Of several models in the file of --model, that under this key, e.g. model_ema",
  ]

  /// Weights to start from are those of --model, also of a run that is to be longer, and classifiers take no pairs.
  private static let missing: Set = [settings.initialWeights.path, settings.extends.path, settings.frameGap.path]
}
