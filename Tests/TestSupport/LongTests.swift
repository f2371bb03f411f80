import Foundation

/// Whether the slow tests were asked for (`Tests/run.sh --long`).
package let runsLongTests = ProcessInfo.processInfo.environment["MAE_LONG_TESTS"] == "1"
