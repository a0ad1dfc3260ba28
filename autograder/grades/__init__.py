"""Grades that leave the system: points of every source joined by student, lateness and caps applied at the last moment, CSV files."""
