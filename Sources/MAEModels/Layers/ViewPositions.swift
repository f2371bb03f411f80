import MAECore
import MAEEngine

/// What has an embedding of its own beside the places of a picture: cameras and frames.
public struct ViewNames: Hashable, Sendable {
  /// Of the cameras, one for each, or one that they share.
  public var views: [String]
  /// Cameras that show a sample.
  public var viewCount: Int

  /// One camera, called `0`, unless said otherwise.
  public init(views: [String] = ["0"], viewCount: Int = 1) {
    precondition(views.count == viewCount || views.count == 1, "ViewNames: \(views) for \(viewCount) cameras")
    (self.views, self.viewCount) = (views, viewCount)
  }
}

/// Where a token of several cameras is: the fixed place in its picture, a learned embedding of the camera and one of the frame
/// (Seo et al. 2023, Multi-View Masked World Models; public code `mvmwm/common/mae.py`).
///
///     table[frame, view, row, column] = plane[row, column] + view embedding + time embedding
public struct ViewPositions: Sendable {
  private let grid: TokenGrid
  private let classRows, furtherRows, width: Int
  private let names: ViewNames
  private let views: [Parameter]
  let times: [Parameter]

  /// - Parameter furtherRows: of the table, behind those of the tokens; zero but for what others add.
  init(
    grid: TokenGrid, views names: ViewNames, width: Int, classRows: Int, furtherRows: Int = 0,
    _ initialization: Initialization, in scope: ParameterScope
  ) {
    (self.grid, self.names, self.width) = (grid, names, width)
    (self.classRows, self.furtherRows) = (classRows, furtherRows)
    func embedding(_ name: String, in scope: ParameterScope) -> Parameter {
      scope.parameter(name, [1, 1, width], initialization.token, role: .position)
    }
    views = names.views.map { embedding($0, in: scope["view_embed"]) }
    times = (0..<grid.time / names.viewCount).map { embedding("\($0)", in: scope["time_embed"]) }
  }

  /// `[class rows + tokens + further rows, width]`; rows of class tokens and further ones are zero.
  func table(on tape: Tape) -> Variable {
    let plane = SinusoidTable.plane(height: grid.height, width: grid.width, channels: width, classRows: 0)
    var fixed = [Float](repeating: 0, count: classRows * width) + (0..<grid.time).flatMap { _ in plane }
    fixed += [Float](repeating: 0, count: furtherRows * width)
    var table = tape.constant(tape.kernels.tensor(fixed, [fixed.count / width, width]))
    for (index, embedding) in views.enumerated() {
      table = table.adding(
        embedding, toRows: rows { names.views.count == 1 || $0 % names.viewCount == index })
    }
    for (index, embedding) in times.enumerated() {
      table = table.adding(embedding, toRows: rows { $0 / names.viewCount == index })
    }
    return table
  }

  /// The rows of some time slots of the grid.
  private func rows(of slots: (Int) -> Bool) -> [Int32] {
    (0..<grid.time).filter(slots).flatMap { slot in
      (0..<grid.plane).map { Int32(classRows + slot * grid.plane + $0) }
    }
  }
}

extension Variable {
  /// This table with one row of a parameter added to some of its rows.
  func adding(_ embedding: Parameter, toRows numbers: [Int32]) -> Variable {
    tape.variable(of: embedding).rows([Int32](repeating: 0, count: numbers.count)).added(toRows: numbers, of: self, factor: 1)
  }
}

extension ModelConfiguration {
  /// What has an embedding of its own where positions are those of cameras.
  var viewNames: ViewNames {
    let isShared = input.views == nil || self[WorldModel.sharesViewEmbedding].truth == true
    return ViewNames(views: isShared ? ["0"] : input.views ?? [], viewCount: input.viewCount)
  }
}
