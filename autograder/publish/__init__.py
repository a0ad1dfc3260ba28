"""Everything generated: from solutions, checks, assignment.toml and the handout's text to what students and platforms get."""
