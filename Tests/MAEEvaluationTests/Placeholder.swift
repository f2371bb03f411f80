import Testing

@Suite struct MAEEvaluationPlaceholder {}
