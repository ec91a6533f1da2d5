//! Worlds, one a file: tasks, steps, scoring.
