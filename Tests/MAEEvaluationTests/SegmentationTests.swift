import MAECore
import MAEData
import MAEEvaluation
import Testing

/// The parts of a segmentation probe, against plain loops and counts by hand.
@Suite struct SegmentationTests {
  @Test("overlaps are intersections over unions, of classes that are there or predicted") func overlaps() {
    var overlaps = ClassOverlap(classes: 4)
    overlaps.add([0, 0, 0, 1, 1, nil, nil, 0], [0, 0, 1, 1, 2, 0, 3, 0])
    // Class 0: 3 of 4 true ones, nothing else; 1: one of two, one wrong; 2: none of none; 3: neither there nor predicted.
    #expect(overlaps.overlap(of: 0) == 3.0 / 4)
    #expect(overlaps.overlap(of: 1) == 1.0 / 3)
    #expect(overlaps.overlap(of: 2) == 0)
    #expect(overlaps.overlap(of: 3) == nil)
    #expect(abs((overlaps.mean ?? 0) - (0.75 + 1.0 / 3 + 0) / 3) < 1e-12)
    #expect(overlaps.accuracy == 4.0 / 6)
    #expect((0..<4).map(overlaps.pixels) == [4, 2, 0, 0])
    var twice = overlaps
    twice += overlaps
    #expect(twice.mean == overlaps.mean && twice.pixels(of: 0) == 8)
  }

  @Test("the class of a pixel is the largest of the bilinear scores", arguments: [(1, 1), (2, 3), (4, 5)], [1, 3, 8])
  func enlarged(cells: (height: Int, width: Int), factor: Int) {
    let (grid, classes) = (TokenGrid(height: cells.height, width: cells.width), 3)
    var random = RandomStream(seed: 6)
    let scores = (0..<grid.plane * classes).map { _ in Float(random.normal()) }
    let size = FrameSize(width: cells.width * factor, height: cells.height * factor)
    let found = PatchSegmenter.largest(scores, classes: classes, grid, in: size)
    func taps(_ pixel: Int, _ count: Int) -> [(Int, Double)] {
      let place = (Double(pixel) + 0.5) / Double(factor) - 0.5
      let low = Int(place.rounded(.down))
      return [(low, 1 - (place - Double(low))), (low + 1, place - Double(low))].map { (min(max($0, 0), count - 1), $1) }
    }
    for y in 0..<size.height {
      for x in 0..<size.width {
        let values = (0..<classes).map { label in
          taps(y, grid.height).reduce(0.0) { sum, row in
            taps(x, grid.width).reduce(sum) {
              $0 + row.1 * $1.1 * Double(scores[(row.0 * grid.width + $1.0) * classes + label])
            }
          }
        }
        // Rounding may decide between equals.
        #expect(values[found[y * size.width + x]] > values.max()! - 1e-5)
      }
    }
  }

  @Test("a patch has the class of most of its pixels, or none") func majorities() {
    let size = FrameSize(width: 6, height: 4)
    let rows: [[UInt8]] = [
      [7, 7, 255, 255, 1, 2], [2, 2, 255, 4, 2, 1],
      [0, 0, 9, 9, 255, 255], [0, 5, 9, 9, 255, 255],
    ]
    let labels = LabelGrid(size: size, ids: rows.flatMap(\.self))
    #expect(labels.majorities(TokenGrid(height: 2, width: 3)) == [2, nil, 1, 0, 9, nil])
  }

  @Test("labels lie where the layouts of the well-known sets have them") func places() {
    for (picture, labels) in [
      ("/a/images/train/b.jpg", "/a/annotations/train/b.png"), ("/a/images/b.c.jpeg", "/a/masks/b.c.png"),
      ("/voc/JPEGImages/1.jpg", "/voc/SegmentationClass/1.png"), ("/a/img_dir/val/1.png", "/a/ann_dir/val/1.png"),
      ("/a/1.jpg", "/a/1.png"), ("/a/1.png", "/a/1_mask.png"),
    ] { #expect(LabelledPictures.places(for: picture).contains(labels), "\(picture)") }
    #expect(!LabelledPictures.places(for: "/a/1.png").contains("/a/1.png"))
  }
}
