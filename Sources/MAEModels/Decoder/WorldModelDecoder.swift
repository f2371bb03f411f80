import MAECore
import MAEEngine

/// Predicts every token of a sample and the reward of each of its frames (Seo et al. 2022 and 2023, Masked World Models).
///
/// The sequence is class token, all tokens in the order of the grid, and for each frame one more mask token, whose place is that
/// of a cell behind the last row and column, or learned where there are several cameras.
struct WorldModelDecoder: Sendable {
  private let grid: TokenGrid
  private let rewards: RewardReading
  private let embedding: Linear
  private let maskToken: Parameter
  private let blocks: [TransformerBlock]
  private let norm: LayerNorm
  private let prediction: Linear
  private let reward: Linear?
  private let views: ViewPositions?
  private let classPlace, rewardPlace: Parameter?
  private let width: Int

  /// Declares the parameters.
  init(_ model: ModelConfiguration, _ configuration: DecoderConfiguration, _ rewards: RewardReading, in scope: ParameterScope) {
    let (inputs, values, initialization) = (model.encoder.blocks.width, model.predictionWidth, model.method.initialization)
    let width = configuration.blocks.width
    (grid, self.rewards, self.width) = (model.grid, rewards, width)
    embedding = Linear(
      inputs, width, bias: configuration.embedBias, initializer: initialization.bridge(inputs, width), hiddenMaps: 1,
      in: scope["embed"])
    maskToken = scope.parameter("mask_token", [1, 1, width], initialization.token, role: .token)
    let hasViews = configuration.positions == .views
    views =
      hasViews
      ? ViewPositions(
        grid: model.grid, views: model.viewNames, width: width, classRows: 1, furtherRows: rewards.tokens, initialization,
        in: scope) : nil
    func place(_ name: String) -> Parameter {
      scope.parameter(name, [1, 1, width], initialization.token, role: .position)
    }
    classPlace = hasViews ? place("cls_embed") : nil
    rewardPlace = hasViews && rewards.tokens > 0 ? place("reward_embed") : nil
    blocks = (0..<configuration.blocks.depth).map {
      TransformerBlock(configuration.blocks, depth: $0 + 1, initialization, in: scope["blocks"][$0])
    }
    norm = LayerNorm(width, epsilon: configuration.finalNormEpsilon, in: scope["norm"])
    prediction = Linear(width, values, initializer: initialization.linear(width, values), in: scope["pred"])
    reward =
      switch rewards {
      case .none: nil
      case .token: Linear(width, 1, initializer: initialization.linear(width, 1), in: scope["reward"])
      case .lastPatch: Linear(values, 1, initializer: initialization.linear(values, 1), in: scope["reward"])
      }
  }

  /// Rows behind the last block, `[samples · (1 + tokens + reward tokens), width]`.
  ///
  /// - Parameter latents: the encoder's output for class token and visible tokens.
  func callAsFunction(_ latents: Variable, masks: [TokenMask], in pass: Pass) -> Variable {
    let samples = masks.count
    var x = embedding(latents).placed(
      placement(of: masks), maskToken: pass.tape.variable(of: maskToken), positions: positions(on: pass.tape))
    for block in blocks { x = pass.run([x]) { block($0[0], samples: samples) } }
    return x
  }

  /// The values of tokens, `[rows, values]`, of any rows of tokens.
  func values(of rows: Variable) -> Variable { prediction(norm(rows)) }

  /// The symlog of the reward of each frame, `[samples · frames, 1]`; nil where none is predicted.
  func rewards(of x: Variable, samples: Int) -> Variable? {
    guard let reward else { return nil }
    let perSample = x.rows / samples
    let last = (0..<samples).flatMap { sample in
      switch rewards {
      case .none: [Int32]()
      case .token(let frames): (0..<frames).map { Int32((sample + 1) * perSample - frames + $0) }
      // Before the reward token, whose own output is never read.
      case .lastPatch: [Int32((sample + 1) * perSample - 2)]
      }
    }
    let rows = x.rows(last)
    return reward(rewards == .lastPatch ? values(of: rows) : norm(rows))
  }

  /// The rows of some tokens of each sample.
  func rows(of tokens: [[Int32]], in x: Variable) -> [Int32] {
    let perSample = x.rows / tokens.count
    return tokens.enumerated().flatMap { sample, numbers in numbers.map { Int32(sample * perSample + 1) + $0 } }
  }

  private func placement(of masks: [TokenMask]) -> TokenPlacement {
    let length = 1 + grid.count + rewards.tokens
    var sources = [Int32](repeating: Int32(TokenPlacement.maskToken), count: masks.count * length)
    var row: Int32 = 0
    for (sample, mask) in masks.enumerated() {
      sources[sample * length] = row
      for (index, token) in mask.visible.enumerated() { sources[sample * length + 1 + Int(token)] = row + 1 + Int32(index) }
      row += 1 + Int32(mask.visible.count)
    }
    return TokenPlacement(sources: sources, places: masks.flatMap { _ in 0..<Int32(length) })
  }

  private func positions(on tape: Tape) -> Variable {
    guard let views, let classPlace else {
      // Rows do not depend on the size of the table, so the cell of the reward is the next one on both axes.
      let cells = SinusoidTable.plane(height: grid.height, width: grid.width, channels: width, classRows: 1)
      let cell = SinusoidTable.cell(row: grid.height, column: grid.width, channels: width)
      let table = cells + (0..<rewards.tokens).flatMap { _ in cell }
      return tape.constant(tape.kernels.tensor(table, [table.count / width, width]))
    }
    var table = views.table(on: tape).adding(classPlace, toRows: [0])
    guard let rewardPlace else { return table }
    let first = Int32(1 + grid.count)
    table = table.adding(rewardPlace, toRows: (0..<Int32(rewards.tokens)).map { first + $0 })
    for (frame, time) in views.times.enumerated() { table = table.adding(time, toRows: [first + Int32(frame)]) }
    return table
  }
}

/// What rewards are predicted from.
enum RewardReading: Hashable, Sendable {
  /// No reward is predicted.
  case none
  /// The output of a token of their own, one for each of so many frames.
  case token(frames: Int)
  /// The predicted pixels of the last patch, as the public code of Masked World Models does; the token of the reward takes part
  /// in attention alone.
  case lastPatch

  /// Tokens behind those of the patches.
  var tokens: Int {
    switch self {
    case .none: 0
    case .token(let frames): frames
    case .lastPatch: 1
    }
  }
}
