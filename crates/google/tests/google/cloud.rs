//! Against the local cloud, as the app will be.
