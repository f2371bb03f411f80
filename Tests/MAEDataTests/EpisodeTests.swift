import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

/// Episodes as NumPy writes them: read, refused and cut into samples with their rewards.
@Suite struct EpisodeTests {
  private let folder = TemporaryFolder()

  private func write(_ base64: String, to name: String) throws -> String {
    try Data(base64Encoded: base64)!.write(to: URL(fileURLWithPath: folder.path(name)))
    return folder.path(name)
  }

  private func pictures(_ rows: Int, _ side: Int = 16, channels: Int = 3) -> NumPyArray {
    NumPyArray(
      .uint8, [rows, side, side, channels],
      (0..<rows * side * side * channels).map { UInt8(truncatingIfNeeded: $0 / (side * side * channels) * 40 + $0 % 7) })
  }

  @discardableResult
  private func episode(_ name: String, _ arrays: [(name: String, array: NumPyArray)]) throws -> String {
    try Folder.make(Folder.parent(of: folder.path(name)))
    try NumPyArchive.write(arrays, to: folder.path(name))
    return folder.path(name)
  }

  private func failure(_ path: String, views: [String]? = nil, vector: VectorInput? = nil) -> String? {
    do throws(DataError) {
      _ = try Episode(path: path, views: views, vector: vector)
      return nil
    } catch { return error.description }
  }

  @Test("what numpy.savez_compressed wrote is read") func compressed() throws {
    let archive = try NumPyArchive(path: try write(Self.compressed, to: "a.npz"))
    #expect(archive.names == ["action", "image", "is_first", "reward", "step"])
    let image = try archive.array("image")
    #expect(image.kind == .uint8 && image.shape == [3, 2, 2, 3] && image.bytes == (0..<36).map { UInt8($0 * 5) })
    #expect(try archive.array("action").floats() == [0, 0, 0.5, -1, 0.25, 2])
    #expect(try archive.array("reward").kind == .float64 && archive.array("reward").floats() == [0, 1.5, -2])
    #expect(try archive.array("is_first").floats() == [1, 0, 0] && archive.array("step").floats() == [0, 1, 2])
    let episode = try Episode(path: folder.path("a.npz"))
    #expect(episode.rows == 3 && episode.size == FrameSize(square: 2) && episode.rewards == [0, 1.5, -2])
    #expect(episode.picture(1, of: "image").pixels == (12..<24).map { UInt8($0 * 5) })
  }

  @Test("what is written reads back, of every type", arguments: NumPyArray.Kind.allCases) func roundTrip(kind: NumPyArray.Kind)
    throws
  {
    let bytes = (0..<6 * kind.size).map { kind == .bool ? UInt8($0 % 2) : UInt8($0) }
    for shape in [[6], [2, 3], [1, 6, 1], [3, 1, 2, 1]] {
      let path = try episode("b.npz", [("x", NumPyArray(kind, shape, bytes)), ("empty", NumPyArray([0, 4], floats: []))])
      let archive = try NumPyArchive(path: path)
      let read = try archive.array("x")
      #expect(read.kind == kind && read.shape == shape && read.bytes == bytes)
      #expect(try archive.array("empty").shape == [0, 4])
    }
    let single = NumPyArray(kind, [], Array(bytes.prefix(kind.size)))
    #expect(try NumPyArray(npy: single.npy, path: "c.npy").floats().count == 1)
  }

  @Test("damage is found") func damage() throws {
    let path = try write(Self.compressed, to: "d.npz")
    let whole = try folder.data("d.npz")
    for cut in [0, 10, 100, whole.count - 30] {
      try whole.prefix(cut).write(to: URL(fileURLWithPath: path))
      #expect(failure(path)?.contains("no whole zip archive") == true, "\(cut) bytes")
    }
    var changed = whole
    changed[80] ^= 0x55
    try changed.write(to: URL(fileURLWithPath: path))
    let reason = try #require(failure(path))
    #expect(reason.contains("image") && (reason.contains("damaged") || reason.contains("no pictures")))
  }

  @Test("columns first, Python objects and foreign types are refused") func refused() throws {
    func reason(_ base64: String) -> String? {
      do throws(DataError) {
        _ = try NumPyArray(npy: Array(Data(base64Encoded: base64)!), path: "x.npy")
        return nil
      } catch { return error.description }
    }
    #expect(reason(Self.columnsFirst)?.contains("numpy.ascontiguousarray") == true)
    #expect(reason(Self.objects)?.contains("could run code") == true)
    var bigEndian = NumPyArray([2], floats: [1, 2]).npy
    bigEndian.replaceSubrange(bigEndian.indices, with: bigEndian.map { $0 == UInt8(ascii: "<") ? UInt8(ascii: ">") : $0 })
    #expect(reason(Data(bigEndian).base64EncodedString())?.contains("type >f4") == true)
    #expect(reason(Data(bigEndian.prefix(100)).base64EncodedString()) != nil)
  }

  @Test("wrong episodes are refused with a sentence each") func wrong() throws {
    let actions = NumPyArray([4, 2], floats: [Float](repeating: 0, count: 8))
    let reward = NumPyArray([5], floats: [0, 1, 2, 3, 4])
    #expect(
      failure(try episode("actions.npz", [("image", pictures(5)), ("action", actions), ("reward", reward)]))?
        .contains("action has 4 rows for 5 pictures") == true)
    #expect(failure(try episode("one.npz", [("image", pictures(1))]))?.contains("it has 1 row;") == true)
    #expect(failure(try episode("none.npz", [("reward", reward)]))?.contains("holds no pictures") == true)
    let two = try episode("two.npz", [("front", pictures(5)), ("wrist", pictures(5))])
    #expect(failure(two) == nil && failure(two, views: ["wrist", "front"]) == nil)
    #expect(failure(two, views: ["front", "side"])?.contains("there is no view side in it; it has front, wrist") == true)
    #expect(
      failure(try episode("sizes.npz", [("front", pictures(5)), ("wrist", pictures(5, 8))]))?.contains("cameras must agree")
        == true)
    #expect(
      failure(
        try episode(
          "wide.npz", [("image", pictures(5)), ("reward", NumPyArray([5, 2], floats: [Float](repeating: 0, count: 10)))]))?
        .contains("expected one number for every picture") == true)
    #expect(failure(folder.path("missing.npz"))?.contains("cannot be read") == true)
  }

  private func loader(_ paths: [String], _ request: SampleRequest, batch: Int = 8) throws -> ClipLoader {
    var options = ClipLoader.Options()
    options.workers = 1
    return try ClipLoader(try Manifest(paths), request: request, batchSize: batch, seed: 3, options: options)
  }

  @Test("samples are rows of one episode, camera after camera, with the rewards of their frames")
  func samples() throws {
    let paths = try SyntheticEpisodes.render(into: folder.path, count: 3, seed: 4, size: 16, rows: 9, cameras: 2)
    let episodes = try paths.map { try Episode(path: $0) }
    for (frames, grouped) in [(1, false), (3, false), (2, true)] {
      var request = SampleRequest(
        sampling: .clip(frames: frames, stride: 1), size: FrameSize(square: 16), crop: .centre(filter: .bilinear))
      (request.views, request.groupsByView) = (["wrist", "front"], grouped)
      let loader = try loader([folder.path("episodes")], request)
      defer { loader.stop() }
      var seen: Set<Int> = []
      for _ in 0..<4 {
        let batch = try loader.next()
        #expect(batch.shape.frames == 2 * frames)
        for (number, sample) in batch.samples.enumerated() {
          let episode = episodes[sample.file]
          let shown = grouped ? (0..<frames).map { $0 } : (0..<frames).map { 2 * $0 }
          let rows = shown.map { Int(sample.times[$0]) }
          #expect(rows == (rows[0]..<rows[0] + frames).map { $0 })
          seen.insert(rows[0])
          var expected: [UInt8] = []
          if grouped {
            for view in ["wrist", "front"] { for row in rows { expected += episode.picture(row, of: view).pixels } }
          } else {
            for row in rows { for view in ["wrist", "front"] { expected += episode.picture(row, of: view).pixels } }
          }
          let count = batch.shape.valuesPerSample
          #expect(Array(batch.pixels[number * count..<(number + 1) * count]) == expected)
          let rewards = rows.map { Double(episode.rewards![$0]) }
          #expect((0..<frames).map { sample.numbers?[frames == 1 ? "reward" : "reward \($0)"] } == rewards)
        }
      }
      #expect(seen.count > 2)
    }
  }

  @Test("a sample's vector is that of its last frame, for any number of frames, and none unless asked for", arguments: [1, 3])
  func vectors(frames: Int) throws {
    for rows in [5, 7, 9] {
      try episode(
        "states/\(rows).npz",
        [
          ("image", pictures(rows)),
          ("state", NumPyArray([rows, 3], floats: (0..<3 * rows).map { Float(100 * rows + $0) + 0.25 })),
        ])
    }
    var request = SampleRequest(
      sampling: .clip(frames: frames, stride: 1), size: FrameSize(square: 16), crop: .centre(filter: .bilinear))
    let plain = try loader([folder.path("states")], request)
    defer { plain.stop() }
    #expect(try plain.next().samples.allSatisfy { $0.vector == nil })
    request.vector = VectorInput(name: "state", count: 3)
    let loader = try loader([folder.path("states")], request)
    defer { loader.stop() }
    let lengths = try Manifest([folder.path("states")]).files.map { Int(($0.path as NSString).lastPathComponent.dropLast(4))! }
    for _ in 0..<3 {
      let batch = try loader.next()
      for sample in batch.samples {
        let first = 3 * Int(sample.times.last!)
        #expect(sample.vector == (first..<first + 3).map { Float(100 * lengths[sample.file] + $0) + 0.25 })
        #expect(sample.times.count == frames)
      }
      #expect(batch.vectors == batch.samples.flatMap { $0.vector! })
    }
    let fixed = try FixedSample(path: folder.path("states/7.npz"), request: request)
    let first = 3 * fixed.frames.last!.value
    #expect(fixed.clip.vector == (first..<first + 3).map { Float(700 + $0) + 0.25 })
    #expect(ClipBatch([fixed.clip, fixed.clip]).vectors == fixed.clip.vector! + fixed.clip.vector!)
    #expect(ClipBatch([fixed.clip, Clip(fixed.clip.frame(0))].map { Clip($0.frame(0)) }).vectors.isEmpty)
  }

  @Test("vectors that are missing, of another length or no numbers are said in a sentence each") func wrongVectors() throws {
    let vector = VectorInput(name: "state", count: 2)
    func reason(_ name: String, _ array: (String, NumPyArray)) throws -> String? {
      failure(try episode(name, [("image", pictures(3)), (name: array.0, array: array.1)]), vector: vector)
    }
    #expect(try reason("good.npz", ("state", NumPyArray([3, 2], floats: [1, 2, 3, 4, 5, 6]))) == nil)
    let missing = try reason("missing.npz", ("other", NumPyArray([3, 2], floats: [1, 2, 3, 4, 5, 6])))
    #expect(missing?.contains("there is no array state in it") == true && missing?.contains("it has image, other") == true)
    let wide = try reason("wide.npz", ("state", NumPyArray([3, 3], floats: [Float](repeating: 0, count: 9))))
    #expect(wide?.contains("state is [3, 3]") == true && wide?.contains("expected [3, 2] (--vector says how many") == true)
    let flat = try reason("flat.npz", ("state", NumPyArray([3], floats: [1, 2, 3])))
    #expect(flat?.contains("state is [3]") == true)
    let short = try reason("short.npz", ("state", NumPyArray([2, 2], floats: [1, 2, 3, 4])))
    #expect(short?.contains("state has 2 rows for 3 pictures") == true)
    let odd = try reason("odd.npz", ("state", NumPyArray([3, 2], floats: [1, 2, 3, 4, 5, .nan])))
    #expect(odd?.contains("state has nan in row 2") == true && odd?.contains("column 1") == true)
    // One number for every picture needs no second axis, and nobody looks at what is not asked for.
    let one = try episode("one.npz", [("image", pictures(3)), ("state", NumPyArray([3], floats: [1, 2, .infinity]))])
    #expect(failure(one) == nil)
    #expect(failure(one, vector: VectorInput(name: "state", count: 1))?.contains("state has inf in row 2") == true)

    try frames(4, in: "all/one")
    try folder.write("reward\n0\n0.5\n1\n1.5\n", to: "all/one.csv")
    var request = SampleRequest(
      sampling: .clip(frames: 1, stride: 1), size: FrameSize(square: 16), crop: .centre(filter: .bilinear))
    request.vector = vector
    let error = #expect(throws: DataError.self) { try Episode.read(folder.path("all/one"), for: request) }
    #expect(error?.description.contains("it has pictures alone, and a sample has the vector state") == true)
    let loader = try loader([folder.path("all")], request)
    defer { loader.stop() }
    #expect(throws: DataError.self) { try loader.next() }
    #expect(loader.badFiles.allSatisfy { $0.reason.contains("it has pictures alone") })
  }

  @Test("pictures of another size, and videos without the cameras, are bad files") func otherSize() throws {
    try SyntheticEpisodes.render(into: folder.path, count: 2, size: 16, rows: 3)
    let request = SampleRequest(
      sampling: .clip(frames: 1, stride: 1), size: FrameSize(square: 32), crop: .centre(filter: .bilinear))
    let loader = try loader([folder.path("episodes")], request)
    defer { loader.stop() }
    let error = #expect(throws: DataError.self) { try loader.next() }
    #expect(error?.description.contains("16×16") == true || loader.badFiles.contains { $0.reason.contains("--input-size 16") })
  }

  @Test("the game is the same for a seed, its rewards are what can be seen, and its actions move the paddle")
  func game() throws {
    let first = try SyntheticEpisodes.render(into: folder.path("a"), count: 4, seed: 1, rows: 40)
    let again = try SyntheticEpisodes.render(into: folder.path("b"), count: 4, seed: 1, rows: 40)
    let other = try SyntheticEpisodes.render(into: folder.path("c"), count: 4, seed: 2, rows: 40)
    func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
    #expect(try first.map(bytes) == again.map(bytes))
    #expect(try first.map(bytes) != other.map(bytes))
    var rewards: Set<Float> = []
    for path in first {
      let archive = try NumPyArchive(path: path)
      let (reward, action) = (try archive.array("reward").floats(), try archive.array("action").floats())
      let (large, small) = (try archive.array("log_large").floats(), try archive.array("log_small").floats())
      #expect(reward.count == 40 && action.count == 40 && reward[0] == 0 && action[0] == 0)
      #expect(action.dropFirst().allSatisfy { abs($0) <= 1 } && Set(action).count > 30)
      rewards.formUnion(reward)
      let state = try archive.array("state")
      #expect(state.shape == [40, 2] && (0..<40).allSatisfy { state.floats()[2 * $0 + 1] == 26 })
      for row in 1..<40 {
        let place = min(max(0, state.floats()[2 * row - 2] + 3 * action[row]), 22)
        #expect(abs(state.floats()[2 * row] - place) < 1e-4, "row \(row)")
      }
      // Large things cover more than small ones, and no pixel is of both.
      #expect(large.reduce(0, +) > 8 * small.reduce(0, +) && zip(large, small).allSatisfy { $0 * $1 == 0 })
      #expect(small.reduce(0, +) > 0)
    }
    #expect(rewards.isSubset(of: [0, 1, 2]) && rewards.count > 1)
  }

  @Test("rewards and actions beside a video are read in three forms") func besideVideos() throws {
    try folder.write("", to: "v.mp4")
    try folder.write("reward,x,y\n0,1,2\n1.5, 3,4\n", to: "v.csv")
    let table = try #require(try EpisodeNumbers.beside(folder.path("v.mp4")))
    #expect(table.rewards == [0, 1.5] && table.actions == [[1, 2], [3, 4]])
    try folder.write("{\"reward\": 0, \"action\": [1, 2]}\n{\"reward\": 1.5, \"action\": [3, 4]}\n", to: "w.jsonl")
    let lines = try #require(try EpisodeNumbers.beside(folder.path("w.mp4")))
    #expect(lines.rewards == table.rewards && lines.actions == table.actions)
    try Data(NumPyArray([2, 3], floats: [0, 1, 2, 1.5, 3, 4]).npy).write(to: URL(fileURLWithPath: folder.path("x.rewards.npy")))
    let array = try #require(try EpisodeNumbers.beside(folder.path("x.mp4")))
    #expect(array.rewards == table.rewards && array.actions == table.actions)
    #expect(try EpisodeNumbers.beside(folder.path("y.mp4")) == nil)
  }

  @Test("a survey takes a folder of frames with rewards beside it for what a run does") func survey() throws {
    try frames(4, in: "all/one")
    try folder.write("reward\n0\n0.5\n1\n1.5\n", to: "all/one.csv")
    var options = DataSurvey.Options()
    options.isDeep = true
    let found = try DataSurvey([folder.path("all")], options: options)
    #expect(found.bad.isEmpty && found.files.map(\.frames) == [4] && found.files[0].width == 16, "\(found.text)")
    #expect(found.files[0].grade == .good)

    try folder.write("reward\n0\n0.5\n", to: "all/one.csv")
    let uneven = try DataSurvey([folder.path("all")])
    #expect(uneven.bad.count == 1 && uneven.bad[0].reason.contains("it has 2 rows"), "\(uneven.text)")
    try folder.write("reward\n0\n0.5\n1\n1.5\n", to: "all/one.csv")
    try folder.write("no picture", to: "all/one/003.png")
    #expect(try DataSurvey([folder.path("all")]).bad.isEmpty)
    #expect(try DataSurvey([folder.path("all")], options: options).bad.count == 1)
  }

  @Test(
    "what lies beside a video and names no reward is no matter of ours",
    arguments: [
      ("v.csv", "frame,x,y\n0,1,2\n"), ("v.csv", "\u{1}\u{2}"), ("v.csv", ""), ("v.jsonl", "{\"caption\": \"a red ball\"}\n"),
      ("v.npy", "features"),
    ]) func otherNumbers(name: String, text: String) throws
  {
    try folder.write("", to: "v.mp4")
    try folder.write(text, to: name)
    #expect(try EpisodeNumbers.beside(folder.path("v.mp4")) == nil)
    // Nor does it hide what does.
    try Data(NumPyArray([2], floats: [0, 1.5]).npy).write(to: URL(fileURLWithPath: folder.path("v.rewards.npy")))
    #expect(try EpisodeNumbers.beside(folder.path("v.mp4"))?.rewards == [0, 1.5])
  }

  @Test("an .npz without pictures is no episode, and no fault of the folder") func otherArrays() throws {
    try frames(3, in: "all/one")
    let features = NumPyArray([3, 4], floats: (0..<12).map(Float.init))
    let many = (0..<3000).map { (name: "feature of picture \($0)", array: features) }
    try episode("all/one/features.npz", [("features", features), ("labels", NumPyArray(.int64, [1], [1, 0, 0, 0, 0, 0, 0, 0]))])
    try episode("all/one/masks.npz", [("masks", NumPyArray(.uint8, [2, 2, 2], [UInt8](repeating: 1, count: 8)))])
    try episode("all/one/many.npz", many)
    let manifest = try Manifest([folder.path("all")])
    #expect(manifest.files.count == 3 && manifest.bad.isEmpty && manifest.ignored.others == ["npz": 3])

    // Pictures are found behind anything, wherever the list begins and whether or not they are packed.
    let last = try episode("all/one/last.npz", many + [("view", pictures(2))])
    #expect(try NumPyArchive.holdsPictures(path: last))
    #expect(try NumPyArchive.holdsPictures(path: try write(Self.compressed, to: "all/one/packed.npz")))
    try Data("no archive".utf8).write(to: URL(fileURLWithPath: folder.path("all/one/broken.npz")))
    let more = try Manifest([folder.path("all")])
    #expect(
      more.files.count == 5 && more.bad.map(\.reason).allSatisfy { $0.contains("no whole zip archive") } && more.bad.count == 1)

    let alone = try episode("alone/features.npz", [("features", features)])
    let error = #expect(throws: DataError.self) { try Manifest([alone]) }
    #expect(error?.description.contains(".npz without an array [rows, height, width, 3] of uint8") == true)
  }

  /// Frames of one grey each, row · 50.
  private func frames(_ count: Int, in name: String) throws {
    for row in 0..<count {
      let picture = Image(
        size: FrameSize(square: 16), channels: .rgb, pixels: [UInt8](repeating: UInt8(row * 50), count: 16 * 16 * 3))
      // Makes the folder.
      try folder.write("", to: "\(name)/00\(row).png")
      try PictureWriter.writePNG(picture, to: folder.path("\(name)/00\(row).png"))
    }
  }

  @Test("a folder of numbered frames with rewards beside it is an episode, and stills without") func folders() throws {
    try frames(4, in: "all/one")
    try folder.write("reward,x\n0,1\n0.5,2\n1,3\n1.5,4\n", to: "all/one.csv")
    try frames(3, in: "all/two")
    try folder.write("name,class\n000.png,1\n", to: "all/two.csv")
    let manifest = try Manifest([folder.path("all")])
    #expect(manifest.files.map(\.kind) == [.video, .still, .still, .still])
    #expect(manifest.files[0].path == folder.path("all/one"))

    let request = SampleRequest(
      sampling: .clip(frames: 2, stride: 1), size: FrameSize(square: 16), crop: .centre(filter: .bilinear))
    let episode = try #require(try Episode.read(folder.path("all/one"), for: request))
    #expect(episode.rows == 4 && episode.rewards == [0, 0.5, 1, 1.5] && episode.actions?.floats() == [1, 2, 3, 4])
    #expect((0..<4).map { episode.picture($0, of: "image").pixels[0] } == [0, 50, 100, 150])
    #expect(try Episode.read(folder.path("all/two/000.png"), for: request) == nil)

    try frames(4, in: "alone/one")
    try folder.write("reward\n0\n0.5\n1\n1.5\n", to: "alone/one.csv")
    let loader = try loader([folder.path("alone")], request)
    defer { loader.stop() }
    for _ in 0..<3 {
      let batch = try loader.next()
      for (number, sample) in batch.samples.enumerated() {
        let rows = [0, 1].map { Double(batch.pixels[(2 * number + $0) * batch.shape.valuesPerSample / 2]) / 50 }
        #expect(rows.map { $0 / 2 } == [0, 1].map { sample.numbers?["reward \($0)"] })
      }
    }
    try folder.write("reward\n0\n1\n", to: "alone/one.csv")
    let error = #expect(throws: DataError.self) { try Episode.read(folder.path("alone/one"), for: request) }
    #expect(error?.description.contains("it has 2 rows, and what lies beside it 4 frames") == true)
  }

  @Test(
    "numbers that cannot be read are named with their line",
    arguments: [
      ("csv", "action\n1\n", "names no column reward"), ("csv", "reward,x\n1\n", "line 2 does not hold 2 numbers"),
      ("csv", "reward\n1\nnone\n", "line 3 does not hold 1 numbers"), ("jsonl", "{\"action\": [1]}\n", "line 1 is not"),
      ("jsonl", "{\"reward\": 1, \"action\": [1]}\n{\"reward\": 1}\n", "row 2 has 1 numbers, the first 2"),
    ])
  func badNumbers(form: String, text: String, words: String) throws {
    try folder.write(text, to: "v.\(form)")
    let error = #expect(throws: DataError.self) { try EpisodeNumbers(path: folder.path("v.\(form)")) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("a LeRobot folder is named for what it is") func leRobot() throws {
    try folder.write("{\"codebase_version\": \"v2.1\"}", to: "robot/meta/info.json")
    try folder.write("", to: "robot/videos/chunk-000/front/episode_000000.mp4")
    let error = #expect(throws: DataError.self) { try Manifest([folder.path("robot")]) }
    #expect(error?.description.contains("python3 samples/lerobot.py") == true)
  }

  /// `numpy.savez_compressed` of image [3, 2, 2, 3], action [3, 2], reward [3] in double precision, is_first [3] and step [3].
  private static let compressed = """
    UEsDBC0AAAAIAAAAIQD/3Iw2//////////8JABQAaW1hZ2UubnB5AQAQAKQAAAAAAAAAbgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBeU2qorqOg\
    npZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrGOgpGYGSsqaNQq0AG4GJg5eIXkZRT1tA1MrdxdPMOCI2KT8nMK66obWrvmTht9oKlq9YDAFBLAwQt\
    AAAACAAAACEAA/0WqP//////////CgAUAGFjdGlvbi5ucHkBABAAmAAAAAAAAABTAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9U\
    UpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CkaaOgq1CmQDLgYEsGdgaNgPxHZAtgMAUEsDBC0AAAAIAAAAIQDw4o7V//////////8KABQAcmV3YXJk\
    Lm5weQEAEACYAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaxjqaOgq1\
    ChQALgYU8MMeyjgAAFBLAwQtAAAACAAAACEAgKOLzP//////////DAAUAGlzX2ZpcnN0Lm5weQEAEACDAAAAAAAAAEcAAAAAAAAAm+wX6hsQychQxlCt\
    npJanFykbqWgXpNkqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaxjqaOgq1ChQALkYGBgBQSwMELQAAAAgAAAAhAALsvan//////////wgA\
    FABzdGVwLm5weQEAEACMAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvka\
    xjqaOgq1ChQALgYgYARiJiAGAFBLAQItAy0AAAAIAAAAIQD/3Iw2bgAAAKQAAAAJAAAAAAAAAAAAAACAAQAAAABpbWFnZS5ucHlQSwECLQMtAAAACAAA\
    ACEAA/0WqFMAAACYAAAACgAAAAAAAAAAAAAAgAGpAAAAYWN0aW9uLm5weVBLAQItAy0AAAAIAAAAIQDw4o7VTAAAAJgAAAAKAAAAAAAAAAAAAACAATgB\
    AAByZXdhcmQubnB5UEsBAi0DLQAAAAgAAAAhAICji8xHAAAAgwAAAAwAAAAAAAAAAAAAAIABwAEAAGlzX2ZpcnN0Lm5weVBLAQItAy0AAAAIAAAAIQAC\
    7L2pTAAAAIwAAAAIAAAAAAAAAAAAAACAAUUCAABzdGVwLm5weVBLBQYAAAAABQAFABcBAADLAgAAAAA=
    """
  /// `numpy.save` of `numpy.asfortranarray` of [2, 3], and of an array of one dictionary.
  private static let columnsFirst = """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAABAQAAAgD8AAIBAAAAAQAAAoEA=
    """
  private static let objects = """
    k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJWSAAAAAAAAAIwWbnVtcHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0\
    cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwGFlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv//\
    //9LP3SUYoldlH2UjAFhlEsBc2F0lGIu
    """
}
