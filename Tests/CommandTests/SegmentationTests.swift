import Foundation
import MaskedAutoencoders
import TestSupport
import Testing

@Suite(.serialized) struct SegmentationTests {
  /// Dark and bright halves of noise whose border lies somewhere, with labels 0 and 3, a pixel of 255 in each corner.
  private func pictures(_ count: Int, in folder: TemporaryFolder, labels: (FrameSize) -> FrameSize = { $0 }) throws {
    let size = FrameSize(width: 40, height: 32)
    for name in ["set/images", "set/masks"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    for number in 0..<count {
      let border = 8 + number * 7 % 24
      let ids = (0..<size.pixelCount).map { place -> UInt8 in
        let (x, y) = (place % size.width, place / size.width)
        return x + y == 0 ? 255 : x < border ? 0 : 3
      }
      let noise = (0..<size.pixelCount).map { UInt8(truncatingIfNeeded: ($0 * 2_654_435_761 >> 7 + number) % 60) }
      let pixels = zip(ids, noise).flatMap { id, noise -> [UInt8] in [UInt8](repeating: (id == 3 ? 150 : 20) + noise, count: 3) }
      try PictureWriter.writePNG(Image(size: size, pixels: pixels), to: folder.path("set/images/\(number).png"))
      let other = labels(size)
      let shown = other == size ? ids : [UInt8](repeating: 0, count: other.pixelCount)
      try LabelPicture(size: other, ids: shown).writePNG(to: folder.path("set/masks/\(number).png"))
    }
  }

  @Test("tokens tell the class of pixels, beside those before training and the pixels; figures, page and again the same")
  func probe() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    try pictures(12, in: folder)
    let command = ["probe", "set/images", "-m", "run", "--kind", "segmentation", "--folds", "3", "--format", "json"]
    let outcome = try Program.start(command + ["-o", "page"], in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    let result = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(result["kind"] as? String == "segmentation" && result["folds"] as? Int == 3 && result["samples"] as? Int == 12)
    let classes = try #require(result["classes"] as? [[String: Any]])
    #expect(classes.map { $0["label"] as? Int } == [0, 3])
    // Every pixel of the model's input but those of no class.
    let pixels = classes.compactMap { $0["pixels"] as? Int }.reduce(0, +)
    #expect(pixels <= 12 * 32 * 32 && pixels > 11 * 32 * 32)
    let overlaps = classes.compactMap { $0["iou"] as? Double }
    let mean = try #require(result["mean_iou"] as? Double)
    #expect(abs(overlaps.reduce(0, +) / 2 - mean) < 1e-9 && mean > 0.6)
    #expect((result["pixels_mean_iou"] as? Double ?? 0) > 0.8)
    #expect(result["untrained_mean_iou"] is Double)
    #expect(try folder.text("page/probe.html").contains("IoU") && folder.exists("page/probe.json"))
    // The whole set names its labels by their folder and finds no other pictures.
    let whole = try Program.start(["probe", "set"] + command.dropFirst(2), in: folder).outcome()
    #expect(whole.output == outcome.output, "\(whole.errors)")
    let text = try Program.run(
      "probe", "set/images", "--val", "set/images", "-m", "run", "--kind", "segmentation", "--no-baselines", in: folder)
    #expect(text.output.contains("mean IoU") && text.output.contains("class 3") && !text.output.contains("untrained"))
  }

  /// Leaves the first colours of an indexed PNG.
  private func shortenPalette(of path: String, to count: Int) throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let name = try #require(bytes.firstRange(of: Array("PLTE".utf8))).lowerBound
    func number(_ value: Int) -> [UInt8] { stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) } }
    let length = bytes[name - 4..<name].reduce(0) { $0 << 8 | Int($1) }
    let body = Array(bytes[name..<name + 4 + 3 * count])
    var check: UInt32 = ~0
    for byte in body {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check >> 1 ^ (check & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    bytes.replaceSubrange(name - 4..<name + 8 + length, with: number(3 * count) + body + number(Int(~check)))
    // Transparency has an entry for each colour at most.
    if let place = bytes.firstRange(of: Array("tRNS".utf8))?.lowerBound {
      let length = bytes[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
      bytes.removeSubrange(place - 4..<place + 8 + length)
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test("wrong use is one sentence") func wrongUse() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let flags = ["-m", "run", "--kind", "segmentation", "--no-baselines"]
    expect(65, ["probe", "media/stills"] + flags, "no picture of labels belongs to it", in: folder)
    expect(64, ["probe", "media/stills", "--pool", "cls"] + flags, "--pool has no effect", in: folder)
    try pictures(3, in: folder) { FrameSize(width: $0.width, height: $0.height / 2) }
    expect(65, ["probe", "set/images"] + flags, "have 40×16 pixels, and the picture 40×32", in: folder)
    // One of many is enough: nothing is told by wrong labels.
    try pictures(3, in: folder)
    try LabelPicture(size: FrameSize(square: 8), ids: .init(repeating: 0, count: 64)).writePNG(to: folder.path("set/masks/1.png"))
    expect(65, ["probe", "set/images"] + flags, "set/masks/1.png: these labels have 8×8 pixels", in: folder)
    try pictures(3, in: folder)
    let path = folder.path("set/masks/2.png")
    try shortenPalette(of: path, to: 3)
    expect(65, ["probe", "set/images"] + flags, "set/masks/2.png: reading labels: a pixel has the number 3", in: folder)
    // 0 and 3 are within four colours, and 255 is no class.
    try pictures(3, in: folder)
    try shortenPalette(of: path, to: 4)
    #expect(try Program.start(["probe", "set/images"] + flags, in: folder).outcome().code == 0)
    try pictures(3, in: folder)
    try FileManager.default.copyItem(atPath: folder.path("set"), toPath: folder.path("other"))
    let ids = (0..<40 * 32).map { UInt8($0 % 2 == 0 ? 0 : 9) }
    try LabelPicture(size: FrameSize(width: 40, height: 32), ids: ids).writePNG(to: folder.path("other/masks/1.png"))
    expect(65, ["probe", "set/images", "--val", "other/images"] + flags, "have the class 9", in: folder)
    for name in try folder.names("set/masks") {
      try FileManager.default.removeItem(atPath: folder.path("set/masks/\(name)"))
      try FileManager.default.copyItem(atPath: folder.path("set/images/\(name)"), toPath: folder.path("set/masks/\(name)"))
    }
    expect(65, ["probe", "set/images"] + flags, "its pixels are colours", in: folder)
  }
}
