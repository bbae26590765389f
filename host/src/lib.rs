//! Placeholder.

mod config;
mod open;
mod origin;
mod secret;
mod server;
