import Foundation
import MAECore
import MAEModels

/// Log amplitudes of a token grid's two-dimensional Fourier transform along its diagonal, from frequency 0 up.
///
/// With the zero frequency in the middle, as it is usually drawn, these are the entries from the middle to the lower right
/// corner; of a grid that is not square, those nearest to the line from the middle to the corner.
struct DiagonalSpectrum {
  /// Relative to the highest that a grid can hold, 1 = a period of two tokens.
  let frequencies: [Double]
  private let grid: TokenGrid
  /// Real and imaginary factors `[frequencies, plane]`.
  private let waves: [(cosine: [Double], sine: [Double])]

  init(_ grid: TokenGrid) {
    self.grid = grid
    let side = min(grid.height, grid.width)
    let count = side - side / 2
    frequencies = (0..<count).map { 2 * Double($0) / Double(side) }
    waves = (0..<count).map { frequency in
      let (down, across) = (frequency * grid.height / side, frequency * grid.width / side)
      let angles = (0..<grid.plane).map { token in
        2 * Double.pi
          * (Double(down * (token / grid.width)) / Double(grid.height) + Double(across * (token % grid.width))
            / Double(grid.width))
      }
      return (angles.map { cos($0) }, angles.map { sin($0) })
    }
  }

  /// Mean over channels and time slots of `ln(|F| + 1e-6)` at each frequency.
  func logAmplitudes(_ features: TokenFeatures) -> [Double] {
    let (width, plane) = (features.width, grid.plane)
    return waves.map { wave in
      var sum = 0.0
      for slot in 0..<grid.time {
        var (real, imaginary) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for token in 0..<plane {
          let (cosine, sine, start) = (wave.cosine[token], wave.sine[token], (slot * plane + token) * width)
          for channel in 0..<width {
            let value = Double(features.values[start + channel])
            real[channel] += value * cosine
            imaginary[channel] -= value * sine
          }
        }
        for channel in 0..<width { sum += log(hypot(real[channel], imaginary[channel]) + 1e-6) }
      }
      return sum / Double(width * grid.time)
    }
  }
}
