import Testing

@Suite struct MAEReportsPlaceholder {}
