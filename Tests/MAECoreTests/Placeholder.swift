import Testing

@Suite struct MAECorePlaceholder {}
