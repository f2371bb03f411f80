// A masking of one's own with a setting of its own, from recipe to report: trained with, completed, and analysed by a metric of
// one's own as well.
//
//     swift run -c release --package-path samples/programs OwnMasking        in the folder above samples/
import MaskedAutoencoders

/// Hides whole columns of tokens, `width` side by side, at random.
struct ColumnMasking: MaskingStrategy {
  static let kind = "columns"
  static let width = OptionDefinition("width", default: .whole(1), help: "Tokens across a column.") {
    ($0.whole ?? 0) > 0 ? nil : "expected at least 1"
  }
  static let options = [width]

  private let ratio: Double
  private let width: Int

  init(_ configuration: MaskingConfiguration) {
    ratio = configuration.ratio
    width = configuration[Self.width].whole ?? 1
  }

  func check(_ grid: TokenGrid) throws(MaskingError) {
    guard grid.width % width == 0 else { throw MaskingError("columns of \(width) tokens do not divide a grid of \(grid)") }
  }

  private func hiddenColumns(of grid: TokenGrid) -> Int { Int((ratio * Double(grid.width / width)).rounded()) }

  func visibleCount(in grid: TokenGrid) -> Int {
    (grid.width / width - hiddenColumns(of: grid)) * width * grid.height * grid.time
  }

  func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    let hidden = Set(random.permutation(grid.width / width).prefix(hiddenColumns(of: grid)))
    return TokenMask(grid: grid, isHidden: (0..<grid.count).map { hidden.contains(Int32($0 % grid.width / width)) })
  }
}

/// How long embeddings are: a metric that reaches `analysis.json` and the page by being added to the catalogue.
struct EmbeddingLength: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "embedding_length", title: "Length of embeddings", meaning: "The mean length of a picture's embeddings.",
    formula: "mean_i |x_i|", unit: "embedding units")
  static let presentation = MetricPresentation(.groups, [.curve(mean, title: "Length of embeddings", label: "|x|")])

  private static let mean = "mean"
  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    let squares = view.features.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    means.add((squares / Double(view.grid.count)).squareRoot(), to: Self.mean, view)
  }

  var series: [MetricSeries] { means.series }
}

let catalogue = Catalogue.builtIn.adding(ColumnMasking.self)
let stills = try Manifest(["samples/stills"])
var recipe = Method.mae.recipe(.tiny)
recipe.model.input = InputConfiguration(size: FrameSize(square: 64), patch: 8)
recipe.model.masking = MaskingConfiguration(kind: MaskingKind(ColumnMasking.self), ratio: 0.5)
recipe.model.masking.options = ["width": .whole(2)]
(recipe.run.batchSize, recipe.schedule.steps) = (8, 100)
try Pretraining(recipe, manifest: stills, in: RunFolder("columns")).train()

let weights = WeightOptions(catalogue: catalogue)
let reconstructor = try Reconstructor(checkpoint: "columns", weights: weights)
print(try ReconstructionReport([stills.files[0].path], by: reconstructor, into: "columns-pictures").text)
let analysis = try Analysis(
  checkpoints: ["columns"], weights: weights, metrics: .builtIn.adding(EmbeddingLength.self))
print(try AnalysisReport(analysis.run(stills)).write(to: "columns-pictures").joined(separator: "\n"))
