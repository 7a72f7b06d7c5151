//! Accounts as files and as lines: what `tianshu user` reads and prints.

pub(crate) mod file;
pub(crate) mod list;
pub(crate) mod password;
