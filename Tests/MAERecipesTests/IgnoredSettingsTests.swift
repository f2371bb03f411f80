import MAEModels
import MAERecipes
import Testing

/// Settings that a method does not read are named, with the methods that do.
@Suite struct IgnoredSettingsTests {
  private func flags(_ method: MAEModels.Method, _ changes: RecipeChange...) throws -> [String] {
    let resolved = try Recipe.resolve(method: method, preset: .tiny, changes: changes)
    if !resolved.ignored.isEmpty {
      let error = #expect(throws: RecipeError.self) { try resolved.requireNoneIgnored() }
      #expect(error?.kind == .usage)
    }
    return resolved.ignored.map(\.description)
  }

  private func file(_ yaml: String, _ changes: RecipeChange...) throws -> [String] {
    let resolved = try Recipe.resolve(file: RecipeFile(yaml: yaml, path: "a.yaml"), changes: changes)
    if !resolved.ignored.isEmpty {
      let error = #expect(throws: RecipeError.self) { try resolved.requireNoneIgnored() }
      #expect(error?.origin == .file("a.yaml"))
      #expect(error?.kind == .configuration)
    }
    return resolved.ignored.map(\.description)
  }

  @Test("flags of other methods are named") func flagsOfOtherMethodsAreNamed() throws {
    #expect(
      try flags(.simmim, RecipeChange(\.normalization, written: "on")) == [
        """
        --norm-pix-loss has no effect with simmim (methods that have it: mae, videomae, mae-st, siammae, u-mae, self-guided, \
        self-guided-small, amt, crossmae, pixio, videomae-v2, videomae-tpt, mwm, mwm-multiview)
        """
      ])
    #expect(try flags(.simmim, RecipeChange(\.decoderMaskRatio, 0.5)).first?.hasPrefix("--decoder-mask-ratio has") == true)
    #expect(
      try flags(.simmim, RecipeChange(\.decoderDepth, 2)).first?.contains("methods that have it: mae, videomae") == true)
    #expect(
      try flags(.videomae, RecipeChange(\.frameGap, [4, 48])) == [
        "--frame-gap has no effect with videomae (methods that have it: siammae)"
      ])
    #expect(
      try flags(.mae, RecipeChange(\.samplingRate, 2)) == [
        """
        --sampling-rate has no effect with mae (it needs clips of frames at equal distances, as --sampling dense has them; \
        methods that have it: videomae, mae-st, videomae-v2, videomae-tpt, mwm, mwm-multiview, mwm-tactile)
        """
      ])
    #expect(try flags(.mae, RecipeChange(\.decoderOrder, .crossSelfMLP)).first?.contains("it: siammae") == true)
    #expect(
      try flags(.mae, RecipeChange(\.hints, HintKind.none)) == [
        "--hints has no effect with mae (it needs --mask-type self-guided; methods that have it: self-guided, self-guided-small)"
      ])
    #expect(try flags(.selfGuided, RecipeChange(\.hints, HintKind.none), RecipeChange(\.hintRatio, 0.1)).count == 1)
  }

  @Test("what is read is not named") func whatIsReadIsNotNamed() throws {
    #expect(try flags(.mae, RecipeChange(\.decoderMaskRatio, 0.5), RecipeChange(\.normalization, written: "none")) == [])
    #expect(try flags(.siammae, RecipeChange(\.frameGap, [2, 9]), RecipeChange(\.decoderOrder, .crossSelfMLP)) == [])
    #expect(try flags(.mae, RecipeChange(\.maskType, .selfGuided), RecipeChange(\.guideBlock, 3)) == [])
    for method in Catalogue.builtIn.methods {
      #expect(try file(method.recipe(.tiny).yaml) == [], "\(method)")
    }
  }

  @Test("files are held to what they themselves say") func filesAreHeldToWhatTheyThemselvesSay() throws {
    #expect(
      try file("method: simmim\nmodel: {target: {normalization: perPatch}}").first?.hasPrefix("model.target.normalization")
        == true)
    #expect(try file("method: simmim\nmodel: {target: {normalization: none}}") == [])
    #expect(try file("method: simmim\nmodel: {decoder: {blocks: {depth: 2}}}").count == 1)
    #expect(
      try file("method: mae\nmodel: {masking: {guide: {block: 2}}}").first?.contains("model.masking.kind self-guided") == true)
    // A flag that takes the place of what a value of the file was for is a decision.
    #expect(try file("method: mae\ndata: {minimum-area: 0.5}", RecipeChange(\.crop, .centre)) == [])
    #expect(try file("method: mae\ndata: {minimum-area: 0.5, crop: centre}").count == 1)
  }
}
