import Foundation
import MAECheckpoint
import MAECluster
import MAEFoundation
import MAEModels
import MAERecipes

/// The folder of a run: what it was asked to do, what it did, and its checkpoints.
///
///     config.yaml         the resolved recipe; `mae pretrain --config` or `mae finetune --config` repeats the run
///     environment.json    machine, versions, command line
///     manifest.jsonl      the media files, one per line
///     bad_files.jsonl     files that could not be used
///     metrics.jsonl       one line per step
///     journal.jsonl       what happened: starts, warnings, faults, ends
///     report.html         all of it on one page
///     events.out.tfevents.mae   the same numbers and pictures for TensorBoard
///     log.txt             one line per epoch, as the official codes write it
///     pictures/           a few files, completed again and again
///     plan.json           how many steps a run with a time limit has
///     evaluation.json     what is measured beside the loss: when, on which files that are held out, what was best
///     guide/              what a guided run sees and hides: a picture for each checkpoint, and what was found in all files
///     checkpoints/        step-000500/ and so on
///
/// One process at a time holds a folder; the lock goes with the process, however it ends. Of processes that train together it is
/// the first one, which alone writes here.
public final class RunFolder {
  /// Of the folder.
  public let path: String
  private let lock: Int32
  private let wasMadeHere: Bool
  /// Whether this process writes.
  let isWriter: Bool

  /// Opens a folder of ours, or makes one: a folder that is neither ours nor empty is refused.
  ///
  /// - Parameter processes: that train together in it.
  /// - Throws: ``TrainingError`` or ``FileError`` of kind `cannotCreate`; in processes after the first one ``ProcessError``.
  public init(_ path: String, for processes: any Processes = SingleProcess()) throws {
    self.path = path
    isWriter = processes.isFirst
    var taken: (lock: Int32, wasMadeHere: Bool) = (-1, false)
    try processes.first { taken = try Self.take(path) }
    (lock, wasMadeHere) = taken
  }

  private static func take(_ path: String) throws -> (lock: Int32, wasMadeHere: Bool) {
    let wasMadeHere = try claim(path)
    let lockPath = path + "/.lock"
    let lock = unsafe lockPath.withPath { unsafe open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
    guard lock >= 0 else { throw FileError(.cannotCreate, path, "cannot be written to", code: errno) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw TrainingError(.cannotCreate, "\(path): another process is training in this folder; wait for it or choose another")
    }
    for folder in [path, path + "/guide", path + "/pictures"] { AtomicFile.removeLeftovers(in: folder) }
    return (lock, wasMadeHere)
  }

  /// A folder that was made and never used goes away again, so that a start that failed leaves nothing behind.
  deinit {
    guard isWriter else { return }
    if wasMadeHere, Folder.names(in: path) == [".lock"] { Folder.remove(path) }
    close(lock)
  }

  /// The resolved recipe.
  public var configPath: String { path + "/config.yaml" }
  /// Machine, versions, command line.
  public var environmentPath: String { path + "/environment.json" }
  /// The media files.
  public var manifestPath: String { path + "/manifest.jsonl" }
  /// Files that could not be used.
  public var badFilesPath: String { path + "/bad_files.jsonl" }
  /// One line per step.
  public var metricsPath: String { path + "/metrics.jsonl" }
  /// Starts, warnings, faults and ends; see ``RunJournal``.
  public var journalPath: String { path + "/journal.jsonl" }
  /// The page about the run.
  public var reportPath: String { path + "/report.html" }
  /// Events for TensorBoard; see ``EventFile``.
  public var eventsPath: String { path + "/events.out.tfevents.mae" }
  /// One line per epoch, as the official codes write it; see ``EpochLog``.
  public var epochLogPath: String { path + "/log.txt" }
  /// A few files, completed again and again.
  public var picturesPath: String { path + "/pictures" }
  /// How many steps a run with a time limit has; see ``TimePlan``.
  public var planPath: String { path + "/plan.json" }
  /// What is measured beside the loss.
  public var evaluationPath: String { path + "/evaluation.json" }
  /// What a guided run sees and hides.
  public var guidePath: String { path + "/guide" }
  /// One folder per checkpoint.
  public var checkpointsPath: String { path + "/checkpoints" }

  /// Whether `path` is the folder of a run.
  public static func isRunFolder(_ path: String) -> Bool { RunMark.isRun(path) }

  /// The recipe of the run so far; nil in a new folder.
  public func storedRecipe(in catalogue: Catalogue = .builtIn) throws -> Recipe? {
    Self.isRunFolder(path) ? try Recipe.stored(in: path, catalogue: catalogue) : nil
  }

  /// Refuses to go on where somebody took the folder away; a checkpoint would make another one, without the run's beginning.
  func requireInPlace() throws(TrainingError) {
    guard isWriter, !RunMark.isRun(path) else { return }
    throw TrainingError(
      .inputOutput, "\(path): the folder was moved or removed while it was trained in; put it back, and the same command goes on")
  }

  /// Writes the recipe, whole or not at all.
  public func store(_ recipe: Recipe) throws(FileError) {
    try write(RunMark.firstLine(repeatedBy: recipe.trainingCommand) + "\n" + recipe.yaml, to: configPath)
  }

  /// Writes a file of the folder, whole or not at all; nothing where another process does.
  func write(_ text: String, to path: String) throws(FileError) { if isWriter { try DurableFile.write(text, to: path) } }

  /// Compares a recipe with that of the run so far.
  ///
  /// - Throws: ``TrainingError`` that lists every setting that differs.
  public func requireAgreement(of recipe: Recipe, with stored: Recipe) throws(TrainingError) {
    let differences = recipe.differences(from: stored)
    guard !differences.isEmpty else { return }
    let list = differences.prefix(8).map(\.description)
    let more = differences.count > 8 ? ", and \(differences.count - 8) more" : ""
    let isLength = differences.contains { ["schedule.steps", "schedule.epochs", "schedule.max-time"].contains($0.path) }
    let longer =
      !isLength
      ? ""
      : stored.model.classifier != nil
        ? """
        ; the length decides every step's rate: to train on, start another fine-tuning in another folder, from these weights \
        with --model \(path)
        """
        : stored.schedule.kind == .wsd
          ? "; to train on, extend it in another folder with --extend \(path)"
          : "; the length decides every step's rate: to train on, start another run from these weights with --init \(path)"
    throw TrainingError(
      .usage,
      """
      \(path): holds another run (\(list.joined(separator: "; "))\(more)); use the same flags to continue it, or another \
      folder\(longer)
      """
    )
  }

  /// Makes the folder if need be.
  ///
  /// - Returns: whether it was made.
  private static func claim(_ path: String) throws -> Bool {
    guard Folder.isAnything(at: path) else {
      try Folder.make(path)
      return true
    }
    guard Folder.exists(path) else { throw TrainingError(.cannotCreate, "\(path): is a file; give the name of a folder") }
    guard !isRunFolder(path) else { return false }
    guard let names = Folder.names(in: path) else {
      throw TrainingError(.cannotCreate, "\(path): the folder cannot be read")
    }
    // What a start that was cut short can leave behind.
    if let other = names.sorted().first(where: { $0 != ".lock" && !AtomicFile.isLeftover($0) }) {
      throw TrainingError(
        .cannotCreate, "\(path): is not empty (\(other)) and not the folder of a run; choose a new or an empty folder")
    }
    return false
  }
}

extension Recipe {
  /// The command that trains such a run.
  package var trainingCommand: String { model.classifier == nil ? "pretrain" : "finetune" }

  /// The recipe of the run in a folder.
  ///
  /// - Throws: ``FileError`` when there is none, ``TrainingError`` when it is no recipe, ``RecipeError`` when an earlier version
  ///   made it with settings that are gone.
  public static func stored(in folder: String, catalogue: Catalogue = .builtIn) throws -> Recipe {
    let path = folder + "/config.yaml"
    let text = String(decoding: try DurableFile.bytes(of: path), as: UTF8.self)
    do throws(RecipeError) {
      return try Recipe(yaml: text, path: path, in: catalogue)
    } catch {
      if error.isOutdated { throw error }
      throw TrainingError(.unusable, "\(error.description); repair the file or choose another folder")
    }
  }
}
