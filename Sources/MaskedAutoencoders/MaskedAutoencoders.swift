// One import for a program:
//
//     import MaskedAutoencoders
//
//     let manifest = try Manifest(["videos"])
//     let run = try Pretraining(Method.videomae.recipe(.tiny), manifest: manifest, in: RunFolder("run"))
//     try run.train()
//
// Each module stays importable by itself inside of the package; MAEFoundation is the lowest, MAEReports the highest.
@_exported import MAECheckpoint
@_exported import MAECluster
@_exported import MAECore
@_exported import MAEData
@_exported import MAEEngine
@_exported import MAEEvaluation
@_exported import MAEFoundation
@_exported import MAEMedia
@_exported import MAEModels
@_exported import MAERecipes
@_exported import MAEReports
@_exported import MAETraining
