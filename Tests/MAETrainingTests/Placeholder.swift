import Testing

@Suite struct MAETrainingPlaceholder {}
