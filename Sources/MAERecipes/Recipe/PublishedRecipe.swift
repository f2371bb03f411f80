import MAEModels

/// A recipe by which a paper or its public code trained a model: method, size, length and effective batch, in the words of
/// ``NamedRecipe``.
///
/// What the words do not name is the method's own. Batches are gathered on one machine: effective ones are the published ones,
/// and with them the rates. Methods without one are ours, or no public source is known to us that tells their length and batch:
/// videomae-v2, videomae-tpt, mwm-tactile.
public struct PublishedRecipe: Hashable, Sendable {
  /// As `--preset` takes it: method, size, data.
  public let name: String
  /// What it stands for.
  public let words: String
  /// Where length, batch and rate are published.
  public let source: String

  /// All of them, by method.
  public static let all: [PublishedRecipe] = mae + videoMAE + spacetimeMAE + crossMAE + worldModels + others

  /// The one with a name, underscores or not; nil where there is none.
  public static func named(_ name: String) -> PublishedRecipe? {
    let name = name.lowercased().replacing("_", with: "-")
    return all.first { $0.name == name }
  }

  /// What a name that is neither a size nor a recipe should have been: `a size (tiny, …) or a paper's recipe …; did you mean …?`
  package static func expected(for name: String) -> String {
    let sizes = ModelSize.allCases.map(\.rawValue)
    let nearest = NearestName.of(name, among: sizes + all.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    return """
      a size (\(sizes.joined(separator: ", "))) or a paper's recipe (as \(all[0].name); mae pretrain --help lists all \
      \(all.count))\(nearest)
      """
  }

  /// The method that it trains.
  public var method: Method? {
    words.split(separator: ":").first.flatMap { word in Catalogue.builtIn.methods.first { $0.name == word } }
  }

  private static let mae = ["base", "large", "huge"].map { size in
    PublishedRecipe(
      name: "mae-\(size)-in1k", words: "mae:preset=\(size):epochs=800:batch-size=64:accum-iter=64",
      source: "PRETRAIN.md of facebookresearch/mae; the released models have 1600 epochs")
  }

  /// Scripts have an epoch more than they are called after, over which the cosine spans.
  private static let videoMAE =
    [("small", 128), ("base", 256), ("large", 64), ("huge", 128)].map { size, batches in
      PublishedRecipe(
        name: "videomae-\(size)-k400", words: "videomae:preset=\(size):epochs=1601:batch-size=8:accum-iter=\(batches)",
        source: "scripts/kinetics of MCG-NJU/VideoMAE")
    }
    + [("small", 128), ("base", 256)].map { size, batches in
      PublishedRecipe(
        name: "videomae-\(size)-ssv2",
        words: "videomae:preset=\(size):sampling-rate=2:epochs=2401:batch-size=8:accum-iter=\(batches)",
        source: "scripts/ssv2 of MCG-NJU/VideoMAE")
    } + [
      PublishedRecipe(
        name: "videomae-base-ucf101",
        words: "videomae:preset=base:mask-ratio=0.75:blr=3e-4:epochs=3201:batch-size=8:accum-iter=24",
        source: "scripts/ucf101 of MCG-NJU/VideoMAE")
    ]

  /// Four samples of each of 512 videos.
  private static let spacetimeMAE = ["large", "huge"].map { size in
    PublishedRecipe(
      name: "mae-st-\(size)-k400", words: "mae-st:preset=\(size):epochs=100:batch-size=8:accum-iter=256",
      source: "PRETRAIN.md of facebookresearch/mae_st; the released models have 400 epochs")
  }

  /// By the flags of the README, a quarter of the patches predicted; its table says three quarters of the small, base and large
  /// models that were released. The rate follows the share.
  private static let crossMAE =
    ["small", "base", "large", "huge"].map { size in
      PublishedRecipe(
        name: "crossmae-\(size)-in1k", words: "crossmae:preset=\(size):epochs=800:batch-size=64:accum-iter=64",
        source: "README of TonyLianLong/CrossMAE")
    } + [
      PublishedRecipe(
        name: "crossmae-base-in1k-448",
        words: "crossmae:preset=base:input-size=448:epochs=400:batch-size=16:accum-iter=256",
        source: "README of TonyLianLong/CrossMAE")
    ]

  /// Autoencoders before they meet a world model: updates on random episodes (MWM, all suites), on demonstrations (MV-MWM). A
  /// batch is of frames there, 32 chunks of 32, and of groups of four frames of both cameras here.
  private static let worldModels = [
    PublishedRecipe(
      name: "mwm-base-prefill", words: "mwm:preset=base:steps=5001:batch-size=64:accum-iter=16",
      source: "the public code of Masked World Models: configs.yaml, train.py before the first interaction"),
    PublishedRecipe(
      name: "mwm-multiview-base-rlbench", words: "mwm-multiview:preset=base:steps=10000:batch-size=8:accum-iter=32",
      source: "the public code of Multi-View Masked World Models: configs.yaml, scripts of RLBench"),
  ]

  private static let others =
    [
      PublishedRecipe(
        name: "siammae-small-k400", words: "siammae:preset=small:epochs=2000:batch-size=16:accum-iter=128",
        source: "Gupta et al. 2023, table 4a"),
      PublishedRecipe(
        name: "simmim-base-in1k", words: "simmim:preset=base:epochs=800:drop-path=0.1:batch-size=64:accum-iter=32",
        source: "configs of microsoft/SimMIM"),
      PublishedRecipe(
        name: "u-mae-base-in1k",
        words: "u-mae:preset=base:epochs=200:schedule.warmup-epochs=20:batch-size=64:accum-iter=16",
        source: "README of zhangq327/U-MAE"),
      PublishedRecipe(
        name: "self-guided-base-in1k", words: "self-guided:preset=base:epochs=400:batch-size=64:accum-iter=64",
        source: "Shin et al. 2024, section 5"),
      PublishedRecipe(
        name: "pixio-huge-in1k",
        words: "pixio:preset=huge:blr=2.5e-5:drop-path=0.4:steps=642000:warmup-steps=64200:batch-size=64:accum-iter=128",
        source: "facebookresearch/pixio: 400 epochs of 1605 steps"),
      PublishedRecipe(
        name: "amt-base-in1k", words: "amt:preset=base:epochs=400:batch-size=64:accum-iter=64",
        source: "Shin et al. 2024, section 5, who compare with it: MAE's recipe, 400 epochs"),
    ]
}
