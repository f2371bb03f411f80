import Testing

@Suite struct MAEDataPlaceholder {}
