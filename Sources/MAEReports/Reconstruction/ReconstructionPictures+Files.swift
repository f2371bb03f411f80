import Foundation
import MAECore
import MAEEvaluation

extension ReconstructionPictures {
  /// The frames that were predicted: of one clip, or of pairs that share their first frame.
  public init(_ files: [ReconstructedFile], by reconstructor: Reconstructor) {
    let (title, caption) = (URL(fileURLWithPath: files[0].path).lastPathComponent, reconstructor.caption(files))
    guard !reconstructor.request.sampling.isPair else {
      self.init(
        title: title, past: files.map { $0.reconstruction.original.frame(0) },
        original: files.map { $0.reconstruction.original.frame(1) },
        masked: files.map {
          MaskedPicture.draw($0.reconstruction.original.frame(1), mask: $0.reconstruction.mask, slot: 0)
        },
        reconstruction: files.map { $0.reconstruction.completed.frame(1) },
        means: files.compactMap { $0.reconstruction.means?.frame(1) }, caption: caption,
        times: files.map { $0.sample.clip.times[1] - $0.sample.clip.times[0] }, frameRate: 2)
      return
    }
    let (reconstruction, clip) = (files[0].reconstruction, files[0].reconstruction.original)
    let shown = reconstruction.predictedFrames
    let framesPerSlot = max(1, clip.frameCount / reconstruction.mask.grid.time)
    self.init(
      title: title, original: shown.map(clip.frame),
      masked: shown.map { MaskedPicture.draw(clip.frame($0), mask: reconstruction.mask, slot: $0 / framesPerSlot) },
      reconstruction: shown.map(reconstruction.completed.frame),
      means: reconstruction.means.map { shown.map($0.frame) } ?? [], caption: caption, times: shown.map { clip.times[$0] },
      frameRate: files[0].frameRate * Double(shown.count) / Double(clip.frameCount))
  }
}
