import Dispatch
import Synchronization

/// Transforms elements on several threads and returns the results in the elements' order.
///
/// Each thread takes the next element when it is free, so elements may cost more or less.
///
/// - Parameter didFinish: told how many are done after each, one call at a time.
/// - Throws: the first error; elements that were not begun then stay untouched.
package func parallelMap<Element: Sendable, Value: Sendable, Failure: Error>(
  _ elements: [Element], threads: Int, didFinish: (@Sendable (_ done: Int) -> Void)? = nil,
  _ transform: @Sendable (Element) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  let next = Atomic(0)
  let outcome = Mutex<(values: [Value?], done: Int, failure: Failure?)>(
    (Array(repeating: nil, count: elements.count), 0, nil))
  DispatchQueue.concurrentPerform(iterations: max(1, min(threads, elements.count))) { _ in
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < elements.count else { return }
      do throws(Failure) {
        let value = try transform(elements[index])
        outcome.withLock {
          $0.values[index] = value
          $0.done += 1
          didFinish?($0.done)
        }
      } catch {
        outcome.withLock { $0.failure = $0.failure ?? error }
        next.store(elements.count, ordering: .relaxed)
      }
    }
  }
  let (values, _, failure) = outcome.withLock { $0 }
  if let failure { throw failure }
  return values.map { $0! }
}
