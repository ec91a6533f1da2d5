//! What outlives a power cut: trial log, memories, adapter slots.
