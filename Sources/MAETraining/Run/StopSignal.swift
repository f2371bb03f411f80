import Foundation
import Synchronization

/// Turns the first SIGINT, SIGTERM or SIGHUP into a wish that the training loop reads between steps; the second ends the program.
public enum StopSignal {
  private static let received = Atomic<Int32>(0)
  /// What standard error gets at once; a handler can do no more than write bytes that are there.
  private static let reply: StaticString =
    "\nmae: stopping after this step, and saving; a second signal quits at once, without saving\n"

  /// From now on signals are caught, also when the program that started this one had blocked them. A program that was told to
  /// survive the end of its terminal (`nohup`) still does.
  public static func install() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var before = sigaction()
      if number == SIGHUP, unsafe sigaction(number, nil, &before) == 0, before.isIgnoring { continue }
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in
        if StopSignal.received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
          let code = errno
          _ = unsafe write(STDERR_FILENO, StopSignal.reply.utf8Start, StopSignal.reply.utf8CodeUnitCount)
          errno = code
        } else {
          // Comes back with the system's own handler as soon as this one is left.
          signal(number, SIG_DFL)
          raise(number)
        }
      }
      // Interrupted calls go on.
      action.sa_flags = SA_RESTART
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

extension sigaction {
  fileprivate var isIgnoring: Bool { unsafe unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self) == 1 }
}
