//! What `towpath groups` takes.

use clap::{Args, Subcommand, ValueEnum};

use crate::output::OutputArgs;

/// What can be done with groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupsCommand {
    /// List the groups: who is in them, what is switched on, and with which others they are connected.
    List {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Make a group. You are its first member.
    Create {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Put members into a group. Those who are in it stay.
    Add {
        #[command(flatten)]
        group: GroupArg,
        /// The members: their email addresses or ids.
        #[arg(value_name = "MEMBER", required = true)]
        members: Vec<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Take members out of a group. They stay in the workspace.
    Remove {
        #[command(flatten)]
        group: GroupArg,
        /// The members: their email addresses or ids.
        #[arg(value_name = "MEMBER", required = true)]
        members: Vec<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Give a group another name.
    Rename {
        #[command(flatten)]
        group: GroupArg,
        /// The new name.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Delete a group, and end what is shared with it. One that owns integrations is not deleted.
    Delete {
        #[command(flatten)]
        group: GroupArg,
        /// Say that this is meant: nothing is deleted without it.
        #[arg(long)]
        yes: bool,
    },
    /// Connect a group with others, so that integrations can be shared between them. Those it is connected with stay.
    Connect {
        #[command(flatten)]
        group: GroupArg,
        #[command(flatten)]
        others: OtherGroups,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Part a group from others. What they share with each other is shared no longer.
    Disconnect {
        #[command(flatten)]
        group: GroupArg,
        #[command(flatten)]
        others: OtherGroups,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Switch Salesforce on for a group, so that it may own integrations, or off. What it owns stays.
    Salesforce {
        #[command(flatten)]
        group: GroupArg,
        /// Whether it is on.
        #[arg(value_enum)]
        switch: Switch,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// A group, by its name or its id.
#[derive(Args, Debug)]
pub(crate) struct GroupArg {
    /// The group: its name or its id.
    #[arg(value_name = "GROUP")]
    pub(crate) group: String,
}

/// Other groups, by their names or their ids.
#[derive(Args, Debug)]
pub(crate) struct OtherGroups {
    /// The others: their names or ids.
    #[arg(value_name = "OTHER", required = true)]
    pub(crate) others: Vec<String>,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Switch {
    /// It may own integrations.
    On,
    /// It takes no new ones.
    Off,
}
