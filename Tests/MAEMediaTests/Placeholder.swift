import Testing

@Suite struct MAEMediaPlaceholder {}
