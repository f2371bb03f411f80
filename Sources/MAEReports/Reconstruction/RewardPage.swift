import MAEEvaluation

/// Predicted and true rewards of an episode over its rows, as a page.
struct RewardPage {
  let title: String
  let rewards: EpisodeRewards

  /// Two curves, and how far they lie apart.
  var page: Page {
    let rows = rewards.truth.indices.map(Double.init)
    var facts = [
      Page.Fact("squared error of the symlog", NumberText.short(rewards.error)),
      Page.Fact("of the episode's mean", NumberText.short(rewards.errorOfMean)),
    ]
    if let correlation = rewards.correlation { facts.append(Page.Fact("correlation", NumberText.short(correlation))) }
    return Page(
      title: "Rewards of \(title)", lead: "Predicted from every row of the episode by itself, with the model's mask over it.",
      facts: facts,
      sections: [
        Page.Section(
          "Predicted and true",
          parts: [
            .charts([
              Chart(
                "Reward", x: Axis("row", from: 0, wholeNumbers: true), y: Axis("reward"),
                series: [
                  Series("true", x: rows, y: rewards.truth, isDashed: true),
                  Series("predicted", x: rows, y: rewards.predicted),
                ])
            ])
          ])
      ])
  }
}
