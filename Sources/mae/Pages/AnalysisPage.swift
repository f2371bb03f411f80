import Foundation
import MAECore
import MAEEvaluation
import MAEReports

/// An analysis as a page.
struct AnalysisPage {
  private let result: AnalysisResult
  private let samples: AnalysisPictures

  init(_ outcome: Analysis.Outcome) {
    result = outcome.result
    samples = AnalysisPictures(outcome.result, outcome.pictured)
  }

  var page: Page {
    Page(
      title: title,
      lead: """
        A masked autoencoder hides most of a \(noun) and learns to complete it from the rest, without labels. This page looks at \
        what it came to know on the way: how it relates the patches of a \(noun) to each other, where its attention goes, how its \
        decoder uses the hidden places, and which patches it would hide to learn more. Every number is a mean over \
        \(result.samples.count) \(noun)s; every term is defined, with its formula, at the end of the section that uses it.
        """,
      facts: facts,
      sections: [pictures, relations, masks, groups, convergence, attention, spectrum, decoder, classes].filter {
        !$0.parts.isEmpty
      })
  }

  // MARK: Header

  private var isClips: Bool { result.grid.time > 1 }
  private var noun: String { isClips ? "clip" : "picture" }
  private var curves: AnalysisCurves { AnalysisCurves(result) }

  private var title: String {
    let path = result.checkpoints[result.checkpoints.count - 1].path
    let parts = path.split(separator: "/").map(String.init)
    let run = parts.firstIndex(of: "checkpoints").flatMap { $0 > 0 ? parts[$0 - 1] : nil } ?? parts.last ?? path
    return "What \(run) has learned"
  }

  private var facts: [Page.Fact] {
    var facts = [Page.Fact("method", result.method)]
    let steps = result.checkpoints.compactMap(\.step)
    if let first = steps.first, let last = steps.last {
      facts.append(
        steps.count > 1
          ? Page.Fact("checkpoints", "\(steps.count), steps \(first) to \(last)") : Page.Fact("step", "\(last)"))
    }
    return facts + [
      Page.Fact("\(noun)s", "\(result.samples.count)"), Page.Fact("patches", "\(result.grid)".replacing("×", with: " × ")),
      Page.Fact("encoder blocks", "\(result.encoderLayers)"), Page.Fact("decoder blocks", "\(result.decoderLayers)"),
      Page.Fact("hidden for the decoder", "\(NumberText.short(result.maskRatio * 100)) %"),
    ]
  }

  // MARK: Sections

  private var pictures: Page.Section {
    let keys = ["mean_patch_similarity", "class_attention", "patch_clusters"]
    return Page.Section(
      "Patches that belong together",
      lead: """
        Block \(result.pictureLayer) of the encoder, without any masking. A model that has learned something keeps object and \
        background apart in these pictures, although nobody told it what an object is.
        """, parts: samples.overview + samples.colourNotes + explanations(keys))
  }

  private var relations: Page.Section {
    Page.Section(
      "All pairs of patches",
      lead: "The same \(noun)s: how alike any two patches are, and the patches as dots in the plane, likes beside likes.",
      parts: samples.matrices + samples.planes + explanations(["similarity_matrix", "patch_tsne"]))
  }

  private var masks: Page.Section {
    Page.Section(
      "What the model would hide from itself",
      lead: """
        Ordinary training hides patches at random. A model that can tell an object from its background can hide the object \
        instead, which is harder to complete and teaches more. Grey is hidden; framed patches are hints, shown after all. Which \
        side of a cut is the object is a guess, and can be wrong.
        """, parts: samples.masks + explanations(["masks"]))
  }

  private var groups: Page.Section {
    Page.Section(
      "How clearly groups stand out",
      lead: """
        Numbers for what the pictures show: they are large when patches of one kind lie together, and away from the others.
        """,
      parts: [
        .charts(
          curves.charts("feature_variance", "unit", "Feature variance", "σ_F", over: .encoder)
            + curves.charts("similarity_variance", "similarity", "Similarity variance", "σ_s (squared cosine)", over: .encoder)
            + curves.charts("cluster_gap", "gap_similarity", "Gap of similarity", "μ intra − μ inter (cosine)", over: .encoder)
            + curves.charts("cluster_gap", "gap_attention", "Gap of attention", "μ intra − μ inter", over: .encoder))
      ] + curves.decoderVariances + explanations(["feature_variance", "similarity_variance", "cluster_gap"]))
  }

  private var convergence: Page.Section {
    guard result.checkpoints.count > 1 else { return Page.Section("", parts: []) }
    return Page.Section(
      "When relations settle",
      lead:
        "How far the relations between patches still are from those at the end of the run: a steep fall means they are learned early.",
      parts: [
        .charts(
          curves.overSteps("relation_divergence", "similarity", "Divergence of similarities", "nats", .encoder)
            + curves.overSteps("relation_divergence", "attention", "Divergence of attention", "nats", .encoder))
      ] + explanations(["relation_divergence"]))
  }

  private var attention: Page.Section {
    Page.Section(
      "Where attention goes",
      lead: """
        From local to global: a token that looks at its neighbours has a small attention distance; one that looks everywhere \
        alike has a small mutual information.
        """,
      parts: [
        .charts(
          curves.charts("attention_distance", "mean", "Attention distance", "pixels", over: .encoder)
            + (isClips ? curves.charts("attention_distance", "time", "Attention distance in time", "frames", over: .encoder) : [])
            + curves.charts("attention_nmi", "mean", "Mutual information", "NMI", over: .encoder)
            + curves.heads("attention_distance", "Attention distance of each head", "pixels")
            + curves.heads("attention_nmi", "Mutual information of each head", "NMI"))
      ] + explanations(["attention_distance", "attention_nmi"]))
  }

  private var spectrum: Page.Section {
    Page.Section(
      "Fine detail",
      lead: "Whether embeddings change from patch to patch (texture, edges) or only over the whole \(noun) (layout).",
      parts: [
        .charts(
          curves.spectra + curves.charts("fourier_log_amplitude", "delta", "Highest frequency", "Δ log amplitude", over: .encoder)
        )
      ] + explanations(["fourier_log_amplitude"]))
  }

  private var decoder: Page.Section {
    let parts =
      curves.exploitation
      + curves.charts("mask_token_variance", "unit", "Variance of mask tokens", "variance of unit embeddings", over: .decoder)
    return Page.Section(
      "What the decoder works with",
      lead: """
        The decoder gets the encoded visible patches, and for every hidden one the same mask token. When predictions draw more \
        on mask tokens than on visible ones, the mask tokens have taken up what is known about the whole \(noun).
        """, parts: (parts.isEmpty ? [] : [.charts(parts)]) + explanations(["exploitation_rate", "mask_token_variance"]))
  }

  private var classes: Page.Section {
    let charts = curves.classes
    return Page.Section(
      "Classes, as more is hidden",
      lead:
        "Nobody told the model about classes; how far do they lie apart all the same, and how much may be hidden before they mix?",
      parts: (charts.isEmpty ? [] : [.charts(charts)]) + explanations(["class_distances"]))
  }

  /// Definitions, or why a metric does not apply.
  private func explanations(_ keys: [String]) -> [PagePart] {
    let metrics = keys.compactMap { result.metrics[$0] }
    let obstacles = metrics.compactMap { metric in
      metric.notApplicable.map { PagePart.paragraph("\(metric.definition.title): does not apply here. \($0)") }
    }
    return obstacles + [
      .definitions(
        metrics.map {
          Definition(
            $0.definition.title, $0.definition.meaning, formula: $0.definition.formula,
            unit: "\($0.definition.unit); in the JSON: \($0.definition.key)")
        })
    ]
  }
}
