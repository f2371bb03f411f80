import MAEModels

extension Checkpoint {
  /// The checkpoint as a classifier: one that was fine-tuned here, or the folder or file of another program with a head.
  ///
  /// - Throws: ``CheckpointError`` when it holds no head, or one on something else than a mean or a class token.
  public func asClassifier() throws(CheckpointError) -> Checkpoint {
    guard configuration.classifier == nil else { return self }
    guard let head = classifier["head.weight"], head.shape.count == 2 else {
      throw CheckpointError(
        .usage, file: path, reason: "has no classifier; fine-tune it first: mae finetune TRAIN --val VAL -m MODEL -o FOLDER")
    }
    let hasNorm = classifier["fc_norm.weight"] != nil
    guard hasNorm || configuration.encoder.classToken else {
      throw .unusable(path, "classifies by its first patch, which is not supported; train it with mean pooling")
    }
    var result = self
    result.configuration = configuration.classifying(
      ClassifierConfiguration(
        classes: names(of: head.shape[0]),
        pooling: configuration.method == .maeST ? .meanThenNorm : hasNorm ? .mean : .classToken))
    for (name, tensor) in classifier { result.weights[name] = tensor }
    try WeightFit(result.weights, result.configuration).check(file: path)
    return result
  }

  /// As the file beside the weights gives them, else by number; of equal names later ones get their number.
  private func names(of count: Int) -> [String] {
    guard let classNames, classNames.count == count else { return (0..<count).map { "class \($0)" } }
    var seen: Set<String> = []
    return classNames.enumerated().map { seen.insert($1).inserted ? $1 : "\($1) (\($0))" }
  }
}
