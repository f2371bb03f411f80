import MAECheckpoint
import MAECore
import MAEModels
import Testing

/// Models whose tokens convolutions make have our own names, whatever their method has, and go to no other program.
@Suite struct StemCheckpointTests {
  private static let methods: [Method] = [.mae, .siammae, .mwm, .mwmMultiview, .mwmTactile]

  private static func model(_ method: Method) -> ModelConfiguration {
    var model = method.model(.tiny)
    model.input.size = FrameSize(square: 32)
    model.input.patch = 8
    model.encoder.stem = .conv
    model.encoder.blocks.depth = 1
    model.decoder?.blocks.depth = 1
    model.masking.ratio = 0.75
    return model
  }

  @Test("weights read back", arguments: methods) func roundTrip(method: Method) throws {
    try readsBack(Self.model(method))
  }

  /// Whether configuration and weights come back as they were, under our own names.
  private func readsBack(_ configuration: ModelConfiguration) throws {
    let model = try Model(configuration, seed: 2)
    try withFolder { folder in
      try Checkpoint.write(model, to: folder)
      let checkpoint = try Checkpoint.read(path: folder)
      #expect(checkpoint.configuration == configuration && checkpoint.dialect.title == "our own")
      let (again, report) = try checkpoint.model()
      #expect(report.missing.isEmpty && report.leftOver.isEmpty)
      for parameter in model.parameters.parameters {
        let other = try #require(again.parameters[parameter.name])
        #expect(model.parameters.values(of: parameter) == again.parameters.values(of: other), "\(parameter.name)")
      }
    }
  }

  @Test("a model that its method has with a stem is read without one, too", arguments: [Method.mwm, .mwmMultiview])
  func withoutStem(method: Method) throws {
    var configuration = Self.model(method)
    configuration.encoder.stem = nil
    if method == .mwm { configuration.options = ["reward": .truth(false)] }
    try withFolder { folder in
      try Checkpoint.write(Model(configuration, seed: 2), to: folder)
      #expect(try Checkpoint.read(path: folder).configuration == configuration)
    }
  }

  @Test("patches and vectors of several senses read back, and go to no other program", arguments: [0, 2])
  func senses(sensors: Int) throws {
    var configuration = Self.model(.mwmTactile)
    configuration.encoder.stem = .patches
    configuration.input.touch?.sensors = sensors
    configuration.input.vector = VectorInput(name: "state", count: 5)
    try readsBack(configuration)
    for target in ExportTargets.all { #expect(target.obstacle(for: configuration) != nil, "\(target.name)") }
  }

  @Test("nothing else holds them", arguments: methods) func exports(method: Method) {
    for target in ExportTargets.all { #expect(target.obstacle(for: Self.model(method)) != nil, "\(target.name)") }
  }
}
