import Foundation

extension Kernels {
  /// As many threads as the machine has cores.
  public convenience init() { self.init(threads: ProcessInfo.processInfo.activeProcessorCount) }
}
