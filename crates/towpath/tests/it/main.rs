//! The whole program, and the rules its sources keep.

mod architecture;
mod copy_again;
mod copy_damaged;
mod copy_disk_full;
mod copy_refused;
mod copy_signed_in;
mod copy_whole;
mod docs;
mod killed;
mod scene;
