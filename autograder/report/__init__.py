"""What people read of results: a page for each student, a page and a terminal summary of a class for staff."""
