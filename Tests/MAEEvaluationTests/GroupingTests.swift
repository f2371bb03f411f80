import MAECore
import MAEEngine
import MAEEvaluation
import MAEModels
import Testing

/// Points around a few centres far apart.
private struct Blobs {
  let width = 5
  let groups: [Int]
  let values: [Double]

  init(_ sizes: [Int], seed: UInt64 = 1) {
    var random = RandomStream(seed: seed)
    groups = sizes.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    let width = width
    values = groups.flatMap { group in (0..<width).map { ($0 == group ? 4 : 0) + 0.1 * random.normal() } }
  }

  func squaredDistances() -> [Double] {
    let count = groups.count
    return (0..<count * count).map { pair in
      (0..<width).reduce(0) {
        let difference = values[pair / count * width + $1] - values[pair % count * width + $1]
        return $0 + difference * difference
      }
    }
  }
}

@Suite struct GroupingTests {
  @Test("k-means finds groups far apart and numbers them by size") func kMeansFindsGroupsFarApartAndNumbersThemBySize() {
    let blobs = Blobs([7, 23, 15])
    let found = KMeans.groups(of: blobs.values, width: blobs.width, count: 3, random: RandomStream(seed: 3))
    #expect(found == blobs.groups.map { [2, 0, 1][$0] })
    // More groups than different points.
    let equal = KMeans.groups(of: [Double](repeating: 1, count: 6), width: 2, count: 5, random: RandomStream(seed: 0))
    #expect(equal.count == 3)
  }

  @Test("repeated cuts find blocks of a matrix") func repeatedCutsFindBlocksOfAMatrix() {
    let blobs = Blobs([30, 12, 18, 9])
    let rows = UnitRows.of(blobs.values.map(Float.init), count: blobs.groups.count)
    let similarity = SymmetricMatrix(productsOf: rows, count: blobs.groups.count)
    let found = RecursiveCut.groups(of: similarity, count: 4, edges: EdgeWeights(.binary))
    #expect(found == blobs.groups.map { [0, 2, 1, 3][$0] })
    // Two groups at most when two are asked for.
    #expect(Set(RecursiveCut.groups(of: similarity, count: 2, edges: EdgeWeights(.binary))) == [0, 1])
  }

  @Test("what is all alike is not cut") func whatIsAllAlikeIsNotCut() {
    for count in [6, 18, 35] {
      let equal = SymmetricMatrix(count: count, values: [Double](repeating: 1, count: count * count))
      #expect(RecursiveCut.groups(of: equal, count: 3, edges: EdgeWeights()) == [Int](repeating: 0, count: count))
    }
  }

  @Test("neighbours stay neighbours in the plane") func neighboursStayNeighboursInThePlane() {
    let blobs = Blobs([40, 40, 40])
    let plane = NeighbourEmbedding.plane(
      squaredDistances: blobs.squaredDistances(), count: 120, random: RandomStream(seed: 5))
    #expect(plane.count == 240)
    for point in 0..<120 {
      let nearest = (0..<120).filter { $0 != point }.min { a, b in
        func distance(_ other: Int) -> Double {
          let (x, y) = (plane[2 * point] - plane[2 * other], plane[2 * point + 1] - plane[2 * other + 1])
          return x * x + y * y
        }
        return distance(a) < distance(b)
      }
      #expect(blobs.groups[nearest!] == blobs.groups[point])
    }
  }
}
