import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// Frames of which the first has labels, and sometimes the others too, to be compared with.
public struct LabelledSequence: Hashable, Sendable {
  /// Where labels lie.
  public enum Labels: Hashable, Sendable {
    /// A picture for the first frame, or for every frame.
    case pictures([String])
    /// A file of points.
    case keypoints(String)
  }

  /// Of the video or its folder.
  public var name: String
  /// The frames.
  public var frames: SequenceFrames.Place
  /// Their labels.
  public var labels: Labels

  /// Whether labels are points.
  public var hasKeypoints: Bool { if case .keypoints = labels { true } else { false } }

  /// Those of the frames, and those of the labels.
  package var files: [String] {
    let ofFrames: [String]
    switch frames {
    case .video(let path): ofFrames = [path]
    case .stills(let paths): ofFrames = paths
    }
    switch labels {
    case .keypoints(let path): return ofFrames + [path]
    case .pictures(let paths): return ofFrames + paths
    }
  }

  /// How many frames there are; nil of a video, which tells when it is opened.
  public var knownFrameCount: Int? { if case .stills(let paths) = frames { paths.count } else { nil } }

  /// A video or a folder of numbered stills, and what is known of it: a label picture of the first frame, a folder of label
  /// pictures with the frames' names, or a file of points (`.json`).
  ///
  /// - Throws: ``DataError`` when something is not there, a frame is missing between others, or frames and labels do not fit.
  public init(_ input: String, labels: String) throws(DataError) {
    guard Folder.isAnything(at: input) else { throw DataError(.missing, path: input, "there is no such file or folder") }
    guard Folder.isAnything(at: labels) else { throw DataError(.missing, path: labels, "there is no such file or folder") }
    try self.init(
      name: input.fileStem, frames: Folder.exists(input) ? .stills(Self.stills(in: input)) : .video(input), labels: labels)
  }

  init(name: String, frames: SequenceFrames.Place, labels: String) throws(DataError) {
    self.name = name
    self.frames = frames
    if labels.fileExtension == "json" || labels.fileExtension == "mat" {
      self.labels = .keypoints(labels)
    } else if Folder.exists(labels) {
      self.labels = .pictures(try Self.pictures(in: labels, of: frames))
    } else {
      self.labels = .pictures([labels])
    }
  }

  /// The stills of a folder in the order of their numbers, which grow in equal steps.
  private static func stills(in folder: String) throws(DataError) -> [String] {
    let names = (Folder.names(in: folder) ?? []).filter { !$0.hasPrefix(".") && FrameFolder.isFrame($0) }
    let numbered = names.map { (FrameFolder.number($0)!, $0) }.sorted { $0 < $1 }
    guard numbered.count > 1 else {
      throw DataError(
        .unusable, path: folder,
        "it has \(counted(numbered.count, "still")) with a number in the name; a sequence has two or more")
    }
    let steps = zip(numbered.dropFirst(), numbered).map { $0.0 - $1.0 }
    let step = steps.min()!
    if let gap = steps.firstIndex(where: { $0 != step }) {
      let (before, after) = (numbered[gap].1, numbered[gap + 1].1)
      throw DataError(
        .unusable, path: folder,
        step == 0
          ? "two frames have the number \(numbered[gap].0); leave one of them"
          : "the frame after \(before) is missing, \(after) is the next; get it again, or number the frames anew")
    }
    return numbered.map { "\(folder)/\($0.1)" }
  }

  /// The label pictures of a folder: of the first frame, or of every frame.
  private static func pictures(in folder: String, of frames: SequenceFrames.Place) throws(DataError) -> [String] {
    let names = (Folder.names(in: folder) ?? []).filter { $0.fileExtension == "png" && !$0.hasPrefix(".") }.sorted()
    guard !names.isEmpty else { throw DataError(.unusable, path: folder, "it has no label picture (PNG)") }
    guard case .stills(let stills) = frames else {
      // Frames of a video have no names: numbers tell which label is whose, `mask_2.png` before `mask_10.png`.
      let numbers = names.compactMap(FrameFolder.number)
      let isNumbered = Set(numbers).count == names.count
      let order = isNumbered ? zip(numbers, names).sorted { $0.0 < $1.0 }.map(\.1) : names
      return order.map { "\(folder)/\($0)" }
    }
    let stems = Set(names.map(\.fileStem))
    let known = stills.filter { stems.contains($0.fileStem) }
    guard known.first == stills.first else {
      throw DataError(
        .unusable, path: folder, "there are no labels for the first frame, \(stills[0].fileStem); name them as it is")
    }
    if known.count > 1, let other = stills.first(where: { !stems.contains($0.fileStem) }) {
      throw DataError(
        .unusable, path: folder,
        """
        the labels of frame \(other.fileStem) are missing, and there are some for \(known.count) of \(stills.count) frames; give \
        those of the first frame alone, or of all
        """)
    }
    return known.map { "\(folder)/\($0.fileStem).png" }
  }
}

// MARK: - Folders of sets

extension LabelledSequence {
  /// How a folder of sequences is laid out.
  public enum Layout: String, Hashable, Sendable, CaseIterable {
    /// `JPEGImages/480p/NAME`, `Annotations/480p/NAME`, `ImageSets/2017/val.txt` (DAVIS); points in `Keypoints/NAME.json`.
    case davis
    /// `Images/NAME`, `Annotations/Category_ids/NAME`, `lists/val_videos.txt`.
    case vip
    /// `Rename_Images/CLASS/NAME`, `joint_positions/CLASS/NAME/joint_positions.mat`, `splits/CLASS_test_split1.txt`.
    case jhmdb

    /// Of a folder; nil when it is none of them.
    public init?(of folder: String) {
      func has(_ name: String) -> Bool { Folder.exists("\(folder)/\(name)") }
      if has("JPEGImages") {
        self = .davis
      } else if has("Annotations/Category_ids") {
        self = .vip
      } else if has("Rename_Images"), has("joint_positions") {
        self = .jhmdb
      } else {
        return nil
      }
    }
  }

  /// The sequences of a folder of a set, those of its list of validation sequences where it has one; in the order of their names.
  ///
  /// - Parameter takesKeypoints: whether points are wanted of a folder that may have both.
  /// - Throws: ``DataError`` when a sequence of the list is not there, or one is incomplete.
  public static func all(
    in folder: String, _ layout: Layout, takesKeypoints: Bool = false
  ) throws(DataError) -> [LabelledSequence] {
    var found: [LabelledSequence] = []
    for place in try places(in: folder, layout, takesKeypoints: takesKeypoints) {
      guard Folder.exists(place.frames) else {
        throw DataError(.missing, path: place.frames, "the list of sequences names it, and it is not there")
      }
      guard Folder.isAnything(at: place.labels) else {
        throw DataError(.missing, path: place.labels, "there are no labels for \(place.name)")
      }
      found.append(
        try LabelledSequence(name: place.name, frames: .stills(stills(in: place.frames)), labels: place.labels))
    }
    guard !found.isEmpty else { throw DataError(.unusable, path: folder, "there are no sequences in it") }
    return found
  }

  private typealias NamedPlace = (name: String, frames: String, labels: String)

  private static func places(
    in folder: String, _ layout: Layout, takesKeypoints: Bool
  ) throws(DataError) -> [NamedPlace] {
    switch layout {
    case .davis:
      let images = try resolution(of: "\(folder)/JPEGImages")
      let list = ["ImageSets/2017/val.txt", "ImageSets/val.txt"].lazy.compactMap { lines(of: "\(folder)/\($0)") }.first
      let labels = takesKeypoints ? "\(folder)/Keypoints" : "\(folder)/Annotations" + images.suffix
      return (list ?? folders(in: images.path)).map {
        ($0, "\(images.path)/\($0)", "\(labels)/\($0)" + (takesKeypoints ? ".json" : ""))
      }
    case .vip:
      let list = lines(of: "\(folder)/lists/val_videos.txt") ?? folders(in: "\(folder)/Images")
      return list.map { ($0, "\(folder)/Images/\($0)", "\(folder)/Annotations/Category_ids/\($0)") }
    case .jhmdb:
      return folders(in: "\(folder)/Rename_Images").flatMap { group -> [NamedPlace] in
        // A line of a split is a video and 1 for training or 2 for testing.
        let split = lines(of: "\(folder)/splits/\(group)_test_split1.txt").map { lines in
          lines.filter { $0.hasSuffix(" 2") }.map { String($0.dropLast(2)).fileStem }
        }
        return (split ?? folders(in: "\(folder)/Rename_Images/\(group)")).map { name in
          let labels = "\(folder)/joint_positions/\(group)/\(name)/joint_positions"
          return (
            name, "\(folder)/Rename_Images/\(group)/\(name)",
            Folder.isAnything(at: labels + ".json") ? labels + ".json" : labels + ".mat"
          )
        }
      }
    }
  }

  /// DAVIS has its frames in a folder for each resolution.
  private static func resolution(of folder: String) throws(DataError) -> (path: String, suffix: String) {
    if Folder.exists("\(folder)/480p") { return ("\(folder)/480p", "/480p") }
    let names = folders(in: folder)
    guard names.count == 1, !folders(in: "\(folder)/\(names[0])").isEmpty else { return (folder, "") }
    return ("\(folder)/\(names[0])", "/\(names[0])")
  }

  private static func folders(in folder: String) -> [String] {
    (Folder.names(in: folder) ?? []).filter { !$0.hasPrefix(".") && Folder.exists("\(folder)/\($0)") }.sorted()
  }

  private static func lines(of path: String) -> [String]? {
    guard let text = try? DurableFile.text(of: path) else { return nil }
    return text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}
