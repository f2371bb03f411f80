import Foundation
import Synchronization

/// Turns the first SIGINT, SIGTERM or SIGHUP into a wish that the training loop reads between steps; the second ends the program.
/// So does SIGUSR2, which `mpirun` hands on and then waits, where SIGTERM makes it kill its processes after a second. SIGUSR1 is
/// the wish to save and go on.
public enum StopSignal {
  private static let received = Atomic<Int32>(0)
  /// What standard error gets at once; a handler can do no more than write bytes that are there.
  private static let reply: StaticString = "\nmae: stopping; a second signal quits at once\n"
  private static let savingReply: StaticString =
    "\nmae: stopping after this step, and saving; a second signal quits at once, without saving\n"
  private static let saves = Atomic(true)
  private static let speaks = Atomic(true)
  private static let saveRequest = Atomic(false)

  /// From now on signals are caught, also when the program that started this one had blocked them. A program that was told to
  /// survive the end of its terminal (`nohup`) still does.
  ///
  /// - Parameters:
  ///   - saves: whether the answer says that the step is finished and saved.
  ///   - speaks: whether there is an answer; of several processes one gives it.
  public static func install(saves: Bool = true, speaks: Bool = true) {
    Self.saves.store(saves, ordering: .relaxed)
    Self.speaks.store(speaks, ordering: .relaxed)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR2] {
      var before = sigaction()
      if number == SIGHUP, unsafe sigaction(number, nil, &before) == 0, before.isIgnoring { continue }
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in
        if StopSignal.received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
          let code = errno
          let reply = StopSignal.saves.load(ordering: .relaxed) ? StopSignal.savingReply : StopSignal.reply
          if StopSignal.speaks.load(ordering: .relaxed) {
            _ = unsafe write(STDERR_FILENO, reply.utf8Start, reply.utf8CodeUnitCount)
          }
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
    if saves {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { _ in StopSignal.saveRequest.store(true, ordering: .relaxed) }
      action.sa_flags = SA_RESTART
      unsafe _ = sigaction(SIGUSR1, &action, nil)
      unsafe sigaddset(&signals, SIGUSR1)
    }
    unsafe _ = pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The signal that asked to stop, if one did.
  public static var requested: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Whether somebody asked to save and go on since the last call.
  static func takesSaveRequest() -> Bool { saveRequest.exchange(false, ordering: .relaxed) }

  /// Forgets earlier wishes, for tests.
  package static func clear() {
    received.store(0, ordering: .relaxed)
    saveRequest.store(false, ordering: .relaxed)
  }
}

extension sigaction {
  fileprivate var isIgnoring: Bool { unsafe unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self) == 1 }
}
