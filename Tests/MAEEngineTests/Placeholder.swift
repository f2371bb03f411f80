import Testing

@Suite struct MAEEnginePlaceholder {}
