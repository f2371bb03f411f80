import Dispatch
import Synchronization

/// Transforms elements on several threads and returns the results in the elements' order.
///
/// Each thread takes the next element when it is free, so elements may cost more or less.
///
/// - Throws: the first error; elements that were not begun then stay untouched.
package func parallelMap<Element: Sendable, Value: Sendable, Failure: Error>(
  _ elements: [Element], threads: Int, _ transform: @Sendable (Element) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  let next = Atomic(0)
  let outcome = Mutex<(values: [Value?], failure: Failure?)>((Array(repeating: nil, count: elements.count), nil))
  DispatchQueue.concurrentPerform(iterations: max(1, min(threads, elements.count))) { _ in
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < elements.count else { return }
      do throws(Failure) {
        let value = try transform(elements[index])
        outcome.withLock { $0.values[index] = value }
      } catch {
        outcome.withLock { $0.failure = $0.failure ?? error }
        next.store(elements.count, ordering: .relaxed)
      }
    }
  }
  let (values, failure) = outcome.withLock { $0 }
  if let failure { throw failure }
  return values.map { $0! }
}
