//! Facts about this computer.
