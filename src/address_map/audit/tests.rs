//! Maps over small snapshots made by hand.
