"""One submission becomes one result: intake, seeds, schedule, oracle, diagnosis and the result model."""
