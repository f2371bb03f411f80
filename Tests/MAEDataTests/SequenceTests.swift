import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite struct SequenceTests {
  private let size = FrameSize(width: 48, height: 40)

  @Test("a synthetic sequence repeats for its seed, and its labels are those of what is seen", arguments: [1, 2, 3] as [UInt64])
  func synthetic(seed: UInt64) {
    let sequence = SyntheticSequence(random: RandomStream(seed: seed))
    let again = SyntheticSequence(random: RandomStream(seed: seed))
    var hidden = 0
    for number in stride(from: 0, to: 40, by: 6) {
      let frame = sequence.frame(number, size: size)
      let other = again.frame(number, size: size)
      #expect(frame.image == other.image && frame.labels == other.labels && frame.points == other.points)
      #expect(frame.points.count == 5 * SyntheticSequence.bodies)
      for (index, point) in frame.points.enumerated() {
        guard let point else {
          hidden += 1
          continue
        }
        let place = Int(point.y.rounded()) * size.width + Int(point.x.rounded())
        #expect(Int(frame.labels.ids[place]) == index / 5 + 1)
      }
    }
    #expect(sequence.frame(0, size: size).labels.present == [0, 1, 2, 3])
    #expect(sequence.frame(0, size: size).image != sequence.frame(3, size: size).image)
    // Bodies meet in the middle, and the one below is hidden in part.
    #expect(hidden > 0)
  }

  @Test("masks are exact: a body is where its light is, to a pixel")
  func exact() {
    // A pixel shows what all of its sixteen parts show.
    let sequence = SyntheticSequence(random: RandomStream(seed: 5))
    let small = sequence.frame(4, size: size).labels
    let large = sequence.frame(4, size: FrameSize(width: 4 * size.width, height: 4 * size.height)).labels
    for y in 0..<size.height {
      for x in 0..<size.width {
        let block = Set((0..<16).map { large.ids[(4 * y + $0 / 4) * 4 * size.width + 4 * x + $0 % 4] })
        if block.count == 1 { #expect(block.first == small.ids[y * size.width + x]) }
      }
    }
  }

  @Test("rendered sequences are a folder as DAVIS has it, with points beside")
  func rendered() throws {
    let folder = TemporaryFolder()
    let root = try SyntheticSamples.renderSequences(into: folder.path, count: 2, seed: 3, size: size, frames: 3)
    #expect(try folder.text("sequences/ImageSets/2017/val.txt") == "scene-0001\nscene-0002\n")
    #expect(LabelledSequence.Layout(of: root) == .davis)
    let sequences = try LabelledSequence.all(in: root, .davis)
    #expect(sequences.map(\.name) == ["scene-0001", "scene-0002"])
    let frames = try SequenceFrames(sequences[1].frames)
    #expect(frames.count == 3 && frames.size == size && frames.names == ["00000", "00001", "00002"])
    let exact = SyntheticSequence(random: RandomStream(seed: 3).fork("sequence", 1)).frame(2, size: size)
    guard case .pictures(let paths) = sequences[1].labels else { throw Unexpected(what: "no pictures") }
    #expect(try LabelPicture(path: paths[2]) == exact.labels)
    let points = try LabelledSequence.all(in: root, .davis, takesKeypoints: true)
    #expect(points[1].hasKeypoints)
    guard case .keypoints(let path) = points[1].labels else { throw Unexpected(what: "no points") }
    #expect(try KeypointFile(path: path).frames[2] == exact.points)
  }

  @Test("a frame that is missing is named, as are labels that do not fit")
  func missing() throws {
    let folder = TemporaryFolder()
    let root = try SyntheticSamples.renderSequences(into: folder.path, count: 1, size: FrameSize(square: 16), frames: 5)
    let (images, labels) = (root + "/JPEGImages/480p/scene-0001", root + "/Annotations/480p/scene-0001")
    func problem(_ labels: String) -> String {
      do {
        _ = try LabelledSequence(images, labels: labels)
        return ""
      } catch { return error.description }
    }
    #expect(problem(labels) == "")
    #expect(problem(labels + "/00000.png") == "")
    try FileManager.default.removeItem(atPath: labels + "/00003.png")
    #expect(problem(labels).contains("the labels of frame 00003 are missing, and there are some for 4 of 5 frames"))
    try FileManager.default.removeItem(atPath: labels + "/00000.png")
    #expect(problem(labels).contains("no labels for the first frame, 00000"))
    try FileManager.default.removeItem(atPath: images + "/00002.jpg")
    #expect(problem(labels).contains("the frame after 00001.jpg is missing, 00003.jpg is the next"))
    #expect(throws: DataError.self) { try LabelledSequence.all(in: root, .davis) }
  }

  @Test("folders of VIP and JHMDB are found, JHMDB's joints in MATLAB's files")
  func otherLayouts() throws {
    let folder = TemporaryFolder()
    for frame in 1...2 {
      for path in ["vip/Images/v1/0\(frame).jpg", "vip/Annotations/Category_ids/v1/0\(frame).png", "vip/Images/v2/0\(frame).jpg"]
      {
        try folder.write("", to: path)
      }
      try folder.write("", to: "jhmdb/Rename_Images/wave/a_clip/0000\(frame).png")
    }
    try folder.write("v1\n", to: "vip/lists/val_videos.txt")
    #expect(LabelledSequence.Layout(of: folder.path("vip")) == .vip)
    let parts = try LabelledSequence.all(in: folder.path("vip"), .vip)
    #expect(parts.map(\.name) == ["v1"])
    #expect(parts[0].labels == .pictures([1, 2].map { folder.path("vip/Annotations/Category_ids/v1/0\($0).png") }))

    try folder.write("a_clip.avi 2\nb_clip.avi 1\n", to: "jhmdb/splits/wave_test_split1.txt")
    try folder.write("", to: "jhmdb/joint_positions/wave/a_clip/joint_positions.mat")
    try Self.jointPositions.write(
      to: URL(fileURLWithPath: folder.path("jhmdb/joint_positions/wave/a_clip/joint_positions.mat")))
    #expect(LabelledSequence.Layout(of: folder.path("jhmdb")) == .jhmdb)
    let clips = try LabelledSequence.all(in: folder.path("jhmdb"), .jhmdb)
    #expect(clips.count == 1 && clips[0].hasKeypoints)
    guard case .keypoints(let path) = clips[0].labels else { throw Unexpected(what: "no points") }
    let frames = try KeypointFile(path: path).frames
    #expect(frames.count == 4 && frames.allSatisfy { $0.count == 3 })
    #expect(frames[0][0] == Keypoint(x: 0, y: 18) && frames[3][2] == Keypoint(x: 16.5, y: 34.5))
    // Cut within its joints it is refused; with any byte changed it is refused or read, and nothing else.
    let bytes = [UInt8](Self.jointPositions)
    let jointsEnd = 128 + 8 + Int(bytes[132])
    for end in stride(from: 0, to: jointsEnd, by: 3) {
      try Data(bytes[..<end]).write(to: URL(fileURLWithPath: path))
      #expect(throws: (any Error).self) { try KeypointFile(path: path) }
    }
    for place in 124..<bytes.count {
      var changed = bytes
      changed[place] ^= 0x55
      try Data(changed).write(to: URL(fileURLWithPath: path))
      _ = try? KeypointFile(path: path)
    }
    #expect(LabelledSequence.Layout(of: folder.path) == nil)
  }

  @Test("a file of points says what is wrong with it")
  func points() throws {
    let folder = TemporaryFolder()
    for (text, phrase) in [
      ("{}", "no file of points"), (#"{"frames": [[null, null]]}"#, "no point in its first frame"),
      (#"{"frames": [[[1, 2]], [[1, 2], null]]}"#, "frame 1 has 2 points, and the first 1"), (#"{"frames": []}"#, "no point"),
      (#"{"frames": [[[1, 2]], [[1e30, 5]]]}"#, "frame 1 has a point at 1e+30, 5.0, which lies in no picture"),
    ] {
      let path = try folder.write(text, to: "points.json")
      let error = #expect(throws: DataError.self) { try KeypointFile(path: path) }
      #expect(error?.description.contains(phrase) == true, "\(error?.description ?? "")")
    }
    let file = KeypointFile(frames: [[Keypoint(x: 1.5, y: 2), nil], [nil, nil]])
    try file.write(to: folder.path("points.json"))
    #expect(try KeypointFile(path: folder.path("points.json")) == file)

    // MATLAB's mark for what cannot be seen.
    let joints = folder.path("joints.mat")
    try Self.matlab(sizes: [2, 2], [3, 4, .nan, .nan]).write(to: URL(fileURLWithPath: joints))
    #expect(try KeypointFile(path: joints).frames == [[Keypoint(x: 2, y: 3), nil]])
    try Self.matlab(sizes: [.max, .max, .max, 2], [3, 4]).write(to: URL(fileURLWithPath: joints))
    #expect(throws: DataError.self) { try KeypointFile(path: joints) }
  }

  @Test("labels of a video are in the order of the numbers in their names")
  func numberedLabels() throws {
    let folder = TemporaryFolder()
    try folder.write("", to: "horse.mp4")
    for number in 1...11 { try folder.write("", to: "labels/mask_\(number).png") }
    let sequence = try LabelledSequence(folder.path("horse.mp4"), labels: folder.path("labels"))
    #expect(sequence.labels == .pictures((1...11).map { folder.path("labels/mask_\($0).png") }))
    // Where numbers do not tell them apart, names do.
    for frame in ["001", "000", "002"] { try folder.write("", to: "others/\(frame)_mask1.png") }
    let others = try LabelledSequence(folder.path("horse.mp4"), labels: folder.path("others"))
    #expect(others.labels == .pictures((0..<3).map { folder.path("others/00\($0)_mask1.png") }))
  }

  /// `pos_img` as MATLAB stores it without compression, after a head of 128 bytes.
  private static func matlab(sizes: [Int32], _ values: [Double]) -> Data {
    func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
      (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    func element(_ type: Int32, _ body: [UInt8]) -> [UInt8] {
      bytes(type) + bytes(Int32(body.count)) + body + [UInt8](repeating: 0, count: (8 - body.count % 8) % 8)
    }
    let parts =
      element(6, bytes(Int64(6))) + element(5, sizes.flatMap { bytes($0) }) + element(1, Array("pos_img".utf8))
      + element(9, values.flatMap { bytes(Int64(bitPattern: $0.bitPattern)) })
    return Data([UInt8](repeating: 0x20, count: 124) + [0, 1, 0x49, 0x4d] + element(14, parts))
  }

  /// `scipy.io.savemat(…, {"pos_img": numpy.arange(24).reshape(2, 3, 4) * 1.5 + 1, "viewpoint": "S", "scale":
  /// numpy.ones((1, 4))}, do_compression=True)`, its first 124 bytes left out.
  private static let jointPositions: Data = {
    let text = """
      AAFJTQ8AAAB8AAAAeJzjYwACRgYGNiDFwQChQYAViHmAmAmImYGYBSoOVMrADsQF+cXxmbnpDJxA9gEGGPhgD6GNHSC0DJS2hNJaUNoeSrNA6A\
      YTKF8RyreC8nUhtIMDlC8Apc2gtAqUtoHSBlDaEUqLQc0zh/LVoXxbKG0IoQ84OgAALncSlw8AAAAvAAAAeJzjY2BgcABiNiDmAGIWBghghfIZ\
      kTAnEJdlppYX5GfmlUDVCQBlgoE0AGzfBMMPAAAALwAAAHic42NgYIgAYjYg5oDSIMAK5TMCMQuUBokVJyfmpAJpTiBWYICBD/a4aADWeweA
      """
    return Data(repeating: 0x20, count: 124) + Data(base64Encoded: text)!
  }()
}

private struct Unexpected: Error { var what: String }
