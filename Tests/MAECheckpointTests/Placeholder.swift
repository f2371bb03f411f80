import Testing

@Suite struct MAECheckpointPlaceholder {}
