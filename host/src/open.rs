//! Brings a window to the user's eyes.
