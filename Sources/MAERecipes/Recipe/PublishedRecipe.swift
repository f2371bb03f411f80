import MAEModels

/// A recipe by which a paper or its public code trained a model: method, size, length and effective batch, in the words of
/// ``NamedRecipe``.
///
/// What the words do not name is the method's own. Batches are gathered on one machine: effective ones are the published ones,
/// and with them the rates.
public struct PublishedRecipe: Hashable, Sendable {
  /// As `--preset` takes it: method, size, data.
  public let name: String
  /// What it stands for.
  public let words: String
  /// Where length, batch and rate are published.
  public let source: String

  /// All of them, by method.
  public static let all: [PublishedRecipe] = mae + videoMAE + spacetimeMAE + others

  /// The one with a name, underscores or not; nil where there is none.
  public static func named(_ name: String) -> PublishedRecipe? {
    let name = name.lowercased().replacing("_", with: "-")
    return all.first { $0.name == name }
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
    ]
    + ["small", "base", "large"].map { size in
      PublishedRecipe(
        name: "crossmae-\(size)-in1k", words: "crossmae:preset=\(size):epochs=800:batch-size=64:accum-iter=64",
        source: "README of TonyLianLong/CrossMAE")
    }
}
