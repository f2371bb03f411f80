import Foundation
import MAECore

/// Draws without replacement by weights.
enum WeightedDraw {
  /// All numbers in the order in which they are drawn: the next one each time in proportion to the weights of those that are
  /// left.
  ///
  /// The largest of log-weight plus Gumbel noise are such a draw (Vieira 2014; Efraimidis and Spirakis 2006).
  static func order(of logWeights: [Double], random: inout RandomStream) -> [Int] {
    let keys = logWeights.map { $0 - log(-log(1 - random.uniform())) }
    return keys.indices.sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }
  }
}
