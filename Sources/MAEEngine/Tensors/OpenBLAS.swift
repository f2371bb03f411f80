import CBLAS

/// The OpenBLAS that the program found; its products are those of some shapes (``Gemm``).
public enum OpenBLAS {
  /// Version and how it was built, as it says itself.
  public static var configuration: String { unsafe String(cString: openblas_get_config()) }
  /// The processor that its kernels are for, e.g. `SkylakeX`.
  public static var core: String { unsafe String(cString: openblas_get_corename()) }
  /// How it computes side by side, and with how many threads unless ``Gemm`` says how many.
  public static var threading: String {
    let count = openblas_get_num_threads()
    return switch openblas_get_parallel() {
    case 0: "built for one thread"
    case 1: "\(count) of its own threads"
    default: "\(count) threads of OpenMP"
    }
  }
}
