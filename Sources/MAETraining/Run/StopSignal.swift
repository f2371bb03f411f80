import Foundation
import Synchronization

/// Turns the first SIGINT or SIGTERM into a wish that the training loop reads between steps; the second ends the program.
public enum StopSignal {
  private static let received = Atomic<Int32>(0)

  /// From now on signals are caught, also when the program that started this one had blocked them.
  public static func install() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in StopSignal.received.store(number, ordering: .relaxed) }
      // After the first one, the system's own handler is back. Interrupted calls go on.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
      unsafe _ = sigaction(number, &action, nil)
      unsafe sigaddset(&signals, number)
    }
    unsafe _ = pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The signal that asked to stop, if one did.
  public static var requested: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Forgets an earlier wish, for tests.
  package static func clear() { received.store(0, ordering: .relaxed) }
}
