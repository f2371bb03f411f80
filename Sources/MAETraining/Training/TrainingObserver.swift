/// Follows a run; called on the training thread between steps.
public protocol TrainingObserver: AnyObject {
  /// A step is done, or was left out because its loss was not a number (`loss` is nil).
  func didStep(_ metrics: StepMetrics, of plan: TrainingPlan)
  /// A step of an earlier part of the run, of which ``didStep(_:of:)`` told without an evaluation, has one; it has none still
  /// where somebody stopped that again.
  func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan)
  /// A guide has looked at some of all pictures, between two steps.
  func didLook(at done: Int, of count: Int)
  /// A checkpoint is in its place.
  func didSave(step: Int, path: String)
  /// Something a person should know, in a sentence.
  func note(_ text: String)
}

extension TrainingObserver {
  /// Nothing.
  public func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {}
  /// Nothing.
  public func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) {}
  /// Nothing.
  public func didLook(at done: Int, of count: Int) {}
  /// Nothing.
  public func didSave(step: Int, path: String) {}
  /// Nothing.
  public func note(_ text: String) {}
}

/// How a run came to its end.
public enum TrainingOutcome: Hashable, Sendable {
  case finished
  /// A signal asked to stop; the checkpoint of this step was written.
  case interrupted(step: Int)
}
