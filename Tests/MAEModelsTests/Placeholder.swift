import Testing

@Suite struct MAEModelsPlaceholder {}
