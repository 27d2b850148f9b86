//! What goes between a session and the tab that shows it: a terminal's bytes, a desktop's pictures. Over a loopback
//! WebSocket, or pulled and pushed by commands.

mod commands;
mod frame;
mod gesture;
mod pipe;
mod screen;
mod server;
mod typed;
mod way;

pub(crate) use self::{
    commands::Outlet,
    pipe::{Input, Pipe},
    screen::{Screen, Wish},
    server::{Stream, StreamServer},
};
