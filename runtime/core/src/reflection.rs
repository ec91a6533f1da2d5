//! reflection
