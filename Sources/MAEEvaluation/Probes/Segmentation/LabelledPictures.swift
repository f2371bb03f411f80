import Foundation
import MAEData
import MAEFoundation

/// Pictures that have a picture of labels each: an indexed or grey PNG of the same size and, but for its ending, the same name.
///
///     images/a.jpg             annotations/a.png, masks/a.png or labels/a.png       (ADE20K and many others)
///     JPEGImages/a.jpg         SegmentationClass/a.png                              (Pascal VOC)
///     img_dir/train/a.jpg      ann_dir/train/a.png                                  (mmsegmentation)
///     a.jpg                    a.png or a_mask.png, beside it
public struct LabelledPictures: Sendable {
  /// In the order of their paths.
  public let pictures: [(file: ManifestFile, labels: String)]
  /// What a person should know of files that are left out, one sentence each.
  public let notes: [String]

  /// Names of folders of pictures, and those of the folders beside them that hold the labels.
  private static let folders: [String: [String]] = [
    "images": ["annotations", "masks", "labels"], "JPEGImages": ["SegmentationClass"], "img_dir": ["ann_dir"],
    "imgs": ["masks", "labels"],
  ]

  /// Finds the labels of stills; those that are labels themselves count as no pictures.
  ///
  /// - Throws: ``DataError`` when no picture has labels.
  public init(_ manifest: Manifest) throws(DataError) {
    let stills = manifest.files.sortedByPath.filter { $0.kind == .still && $0.frameRate == nil }
    let found = stills.map { file in
      (file, labels: Self.places(for: file.path).first { FileManager.default.fileExists(atPath: $0) })
    }
    let taken = Set(found.compactMap(\.labels))
    pictures = found.compactMap { file, labels in
      labels.flatMap { taken.contains(file.path) ? nil : (file, $0) }
    }
    guard !pictures.isEmpty else {
      throw DataError(
        .unusable, path: manifest.files[0].path,
        """
        no picture of labels belongs to it, nor to any other; put indexed PNGs of the same names into masks/ beside images/, or \
        beside the pictures
        """)
    }
    let others = found.filter { file, labels in labels == nil && !taken.contains(file.path) }
    notes =
      others.isEmpty
      ? [] : ["\(counted(others.count, "still")) without labels are left out, first \(others[0].0.path)"]
  }

  /// Where the labels of a picture may lie.
  package static func places(for path: String) -> [String] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.last else { return [] }
    let stem = name.split(separator: ".").dropLast().joined(separator: ".")
    let folder = parts.dropLast()
    var places: [String] = []
    if let place = folder.lastIndex(where: { folders[$0] != nil }) {
      for other in folders[folder[place]]! {
        var changed = Array(folder)
        changed[place] = other
        places.append((changed + ["\(stem).png"]).joined(separator: "/"))
      }
    }
    places += ["\(stem).png", "\(stem)_mask.png"].map { (folder + [$0]).joined(separator: "/") }
    return places.filter { $0 != path }
  }
}
