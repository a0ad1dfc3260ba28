"""nbgrader's side: its database takes the grader's scores, its kernel never runs a student's code."""
