import Foundation
import MAERecipes
import TestSupport
import Testing

/// The program ends with a code and one sentence that contains a phrase.
func expect(
  _ code: Int32, _ arguments: [String], _ phrase: String, environment: [String: String] = [:], in folder: TemporaryFolder,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    let outcome = try Program.start(arguments, environment: environment, in: folder).outcome()
    #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("mae: "), sourceLocation: sourceLocation)
    #expect(outcome.errors.contains(phrase), "\(phrase) in \(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
  }
}

@Suite(.serialized) struct WrongUseTests {
  @Test("every help shows an example") func everyHelpShowsAnExample() throws {
    let folder = TemporaryFolder()
    var (waiting, seen): ([[String]], Int) = ([[]], 0)
    while let command = waiting.popLast() {
      let outcome = try Program.start(command + ["--help"], in: folder).outcome()
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("Example: mae " + command.joined(separator: " ")), "\(command)")
      seen += 1
      // The commands of a command stand in its help, each on a line that is indented by two.
      let lines = outcome.output.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
      for line in lines where line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.contains("See '") {
        waiting.append(command + [String(line.split(separator: " ")[0])])
      }
    }
    #expect(seen >= 13, "\(seen) commands")
    #expect(try Program.run("--version", in: folder).output.hasPrefix("mae "))
  }

  @Test("every setting that has a flag is an option of pretraining or fine-tuning") func everyFlagIsAnOption() throws {
    let folder = TemporaryFolder()
    let help = try ["pretrain", "finetune"].map { try Program.run($0, "--help", in: folder).output }.joined()
    let options = Set(
      help.split(separator: "\n").flatMap { line -> [Substring] in
        let words = line.trimmingPrefix { $0 == " " }.split(separator: " ").prefix(2)
        return words.filter { $0.hasPrefix("--") }.flatMap { $0.split(separator: "/") }
      })
    for flag in Settings.all.compactMap(\.flag) { #expect(options.contains("--\(flag)"), "\(flag)") }
  }

  @Test("the command line is checked") func theCommandLineIsChecked() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 1)
    let start = ["pretrain", "media", "-o", "run"]
    for (flags, phrase) in [
      (["--mask-ratoi", "0.5"], "--mask-ratoi"), (["--steps", "many"], "many"), (["--steps", "0"], "steps is 0"),
      (["--method", "moe"], "moe"), (["--patch-size", "15"], "patch-size 15"), (["--mask_ratio", "1.5"], "mask-ratio"),
      (["--method", "mae", "--mask-ratio", "0.9999"], "nothing visible"), (["--steps", "1", "--epochs", "1"], "--steps"),
      (["--input-size", "big"], "--input-size"), (["--mask-type", "stripes"], "stripes"), (["--lr", "0"], "lr is 0"),
      (["--method", "videomae", "--num-frames", "7"], "tubelet-size 2"), (["--mean", "a,b"], "--mean"),
      (["--batch-size", "0"], "batch-size"),
      (["--method", "pixio", "--preset", "tiny", "--input-size", "224"], "units of 4 × 4 patches"),
      (["--method", "pixio", "--preset", "tiny", "--input-size", "64"], "nothing visible"),
      (["--preset", "tinny"], "did you mean tiny?"), (["--preset", "tinny"], "mae pretrain --help lists all"),
      (["--preset", "crossmae-base-in2k"], "did you mean crossmae-base-in1k?"),
      (["--method", "simmim", "--decoder-depth", "2"], "--decoder-depth has no effect"), (["--frame-gap", "3"], "--frame-gap"),
    ] {
      expect(64, start + flags, phrase, in: folder)
    }
    expect(64, ["pretrain", "-o", "run"], "no data", in: folder)
    expect(64, ["pretrain", "media"], "output", in: folder)
    expect(64, ["pretrian", "media"], "pretrian", in: folder)
    expect(64, start, "has no level 'sse9'", environment: ["MAE_CPU_LEVEL": "sse9"], in: folder)
    expect(64, start + ["--method", "mae", "--batch-size", "1000000000"], "this run needs more than", in: folder)
    expect(64, start + ["--method", "mae", "--threads", "9999"], "--threads is 9999, and there are ", in: folder)
    expect(64, start + ["--precision", "fp8"], "--precision is fp8; expected float32 or bf16", in: folder)
    expect(
      69, start + ["--method", "mae", "--precision", "bf16"], "AVX-512 BF16", environment: ["MAE_CPU_LEVEL": "portable"],
      in: folder)
    #expect(!folder.exists("run"))
  }

  @Test("mistyped names are guessed") func mistypedNamesAreGuessed() throws {
    let folder = TemporaryFolder()
    let start = ["pretrain", "media", "-o", "run"]
    for (arguments, phrase) in [
      (["pretrian", "media"], "there is no command 'pretrian'; did you mean pretrain?"),
      (["help", "nonsense"], "there is no command 'nonsense'; expected one of demo, pretrain, "),
      (["bench", "stpe"], "there is no command 'stpe'; did you mean step?"),
      (start + ["--batch", "8"], "there is no option --batch; did you mean --batch-size?"),
      (start + ["--mask_ratoi", "0.5"], "there is no option --mask-ratoi; did you mean --mask-ratio?"),
      (start + ["--zzzz"], "there is no option --zzzz; see mae help pretrain"),
      (start + ["--method", "mae", "--lr", "-1"], "--lr is -1; expected above 0\n"),
      (start + ["--method", "mae", "--mask-ratio", "90"], "did you mean 0.9?"),
      (start + ["--method", "vidmae"], "did you mean videomae?"),
      (start + ["--method", "mae", "--min-lr", "inf"], "--min-lr is inf; expected a finite number of at least 0\n"),
      (start + ["--method", "mae", "--epochs", "1e20"], "--epochs is 1e+20; expected above 0 and at most 1000000000\n"),
      (start + ["--method", "mae", "--warmup-epochs", "inf"], "--warmup-epochs is inf; expected 0 to 1000000000\n"),
      (start + ["--accum-iter", "9223372036854775807"], "; expected 1 to 1000000\n"),
      (start + ["--method", "mae_st", "--steps", "0"], "--steps is 0; expected 1 to 1000000000000\n"),
      (["bench", "step", "--method", "foo"], "--method is foo; expected one of mae, "),
      (start + ["--method", "mae", "--mask-ratio", "90%"], "--mask-ratio is 90%; expected a number; did you mean 0.9?"),
      (
        start + ["--method", "mae", "--input-size", "100@50%,224"],
        "--patch-size 16 does not divide --input-size 100×100; choose a multiple of 16\n"
      ),
      (start + ["--method", "mae", "--input-size", "112@50%"], "--input-size is 112@50%; expected pixels, as 224"),
      (start + ["--kind", "picture"], "--kind is picture; expected one of stills, videos\n"),
      (["embed", "a", "-m", "b", "-o", "c.npy", "--pool", "clss"], "expected one of mean, cls, tokens; did you mean cls?"),
      (
        ["export", "a", "-o", "b", "--format", "tim"],
        "one of transformers, timm, official, vitdet, upernet; did you mean timm?"
      ),
      (["probe", "a", "-m", "b", "--kind", "linaer"], "did you mean linear?"),
      (["samples", "a", "--clips", "-1"], "--clips is -1; expected 0 or more"),
      (["samples", "a", "--clips", "few"], "--clips is few, which is no such value; see mae help samples"),
      (["frames", "a", "--clip", "-1,2"], "--clip is -1,2; expected frames,stride"),
      (
        ["probe", "a", "-m", "b", "--config", "c"],
        "there is no option --config here, mae pretrain and mae finetune have it; see mae help probe"
      ),
      (["classify", "a", "-m", "b", "--clip", "3"], "there is no option --clip here, mae frames has it; did you mean --clips?"),
      (["check", "a", "-x"], "there is no option -x; see mae help check"),
      (start + ["--set", "masking.ratoi=0.5"], "did you mean model.masking.ratio?"),
    ] {
      expect(64, arguments, phrase, in: folder)
    }
  }

  @Test("data and output are checked") func dataAndOutputAreChecked() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    try folder.write("text", to: "empty/notes.txt")
    expect(66, ["pretrain", "nowhere", "-o", "run"], "nowhere", in: folder)
    expect(66, ["pretrain", "media", "-o", "run", "--init", "nowhere"], "nowhere", in: folder)
    expect(66, ["pretrain", "media", "-o", "run", "--config", "nowhere.yaml"], "nowhere.yaml", in: folder)
    expect(65, ["pretrain", "empty", "-o", "run"], "empty", in: folder)
    expect(65, ["pretrain", "media", "-o", "run", "--method", "mae"], "videos", in: folder)
    expect(65, ["pretrain", "media", "-o", "run", "--init", "empty/notes.txt"], "notes.txt", in: folder)
    let video = try "media/clips/move-left/" + #require(folder.names("media/clips/move-left").first)
    expect(65, ["frames", video, "--decode-timeout", "1e-9"], "nothing got on for 1e-09 s", in: folder)
    expect(64, ["frames", video, "--decode-timeout", "0"], "--decode-timeout is 0; expected seconds", in: folder)
    expect(73, ["pretrain", "media", "-o", "empty"], "notes.txt", in: folder)
    expect(73, ["pretrain", "media", "-o", "empty/notes.txt"], "notes.txt", in: folder)
    expect(73, ["pretrain", "media", "-o", "/proc/run"], "/proc/run", in: folder)
    #expect(!folder.exists("run"))
  }

  @Test("configuration files are checked") func configurationFilesAreChecked() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    for (yaml, phrase) in [
      ("model: {masking: {ratoi: 0.5}}", "model.masking.ratio"),
      ("model: {input: {patch: 15}}", "model.input.patch 15 does not divide model.input.size"),
      ("model: {masking: {ratio: 1.5}}", "model.masking.ratio is 1.5"), ("run: [1, 2", "line"), ("run: {seed: many}", "run.seed"),
      ("method: moe", "moe"), ("schedule: {epochs: -1}", "epochs"),
      (
        "method: pixio\npreset: tiny\nmodel: {input: {size: 224}}",
        "choose model.input.size as a multiple of 4 times model.input.patch"
      ),
    ] {
      try folder.write(yaml, to: "config.yaml")
      expect(78, ["pretrain", "media", "-o", "run", "--config", "config.yaml"], phrase, in: folder)
    }
    #expect(!folder.exists("run"))
  }
}
