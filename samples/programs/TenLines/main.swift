import MaskedAutoencoders

let clips = try Manifest(["samples/clips"])
var recipe = Method.videomae.recipe(.tiny)
recipe.model.input = InputConfiguration(size: FrameSize(square: 64), frames: 8, patch: 8, tubelet: 2)
(recipe.run.batchSize, recipe.schedule.steps) = (8, 100)
let run = try Pretraining(recipe, manifest: clips, in: RunFolder("run"))
try run.train()
let report = try ReconstructionReport([clips.files[0].path], by: Reconstructor(checkpoint: "run"), into: "pictures")
print(report.text)
try Checkpoint.read(path: "run").export(TransformersExport(), to: "exported")
