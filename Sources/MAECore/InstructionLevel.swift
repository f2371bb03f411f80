import CKernels
import Foundation

/// A set of processor instructions that the kernels are compiled for, and the kernels compiled for it.
///
/// `avx512-bf16` (x86-64-v4 with products of bfloat16), `avx512` (x86-64-v4), `avx2` (x86-64-v3), and `portable`: what every
/// processor of the architecture has. Results are the same bits on all processors of a level, for any number of threads; levels
/// differ in rounding, because wider vectors order sums another way and products are fused where they can be.
@safe public struct InstructionLevel: Hashable, CustomStringConvertible, @unchecked Sendable {
  // Functions and a text that are part of the program: nothing that changes.
  package let table: mae_kernels

  /// The levels that this processor has, the fastest first.
  public static let available: [InstructionLevel] = (0..<4).compactMap { number in
    unsafe mae_level(number).map { unsafe InstructionLevel(table: $0.pointee) }
  }

  /// The level of this process: the fastest, or a lower one that the environment variable `MAE_CPU_LEVEL` names.
  ///
  /// Traps if it names a level that the processor does not have; ``chosen(by:)`` tells beforehand.
  public static let current: InstructionLevel = {
    do {
      return try chosen()
    } catch {
      fatalError("\(error)")
    }
  }()

  /// The level with this name, or the fastest without one.
  public static func chosen(
    by name: String? = ProcessInfo.processInfo.environment["MAE_CPU_LEVEL"]
  ) throws(InstructionLevelError) -> InstructionLevel {
    guard let name, !name.isEmpty else { return available[0] }
    guard let level = available.first(where: { $0.name == name }) else { throw InstructionLevelError(name: name) }
    return level
  }

  /// As `MAE_CPU_LEVEL` takes it: `avx512-bf16`, `avx512`, `avx2` or `portable`.
  public var name: String { unsafe String(cString: table.name) }
  /// The name.
  public var description: String { name }

  /// Whether it multiplies bfloat16 numbers by an instruction of the processor.
  public var multipliesBF16: Bool { unsafe table.multiplies_bf16 != 0 }

  /// Whether this processor has no faster one.
  public var isFastest: Bool { self == Self.available[0] }

  /// By name.
  public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
  /// By name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
