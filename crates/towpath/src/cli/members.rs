//! What `towpath members` takes.

use clap::{Args, Subcommand, ValueEnum};

use crate::output::OutputArgs;

/// What can be done with members.
#[derive(Debug, Subcommand)]
pub(crate) enum MembersCommand {
    /// List the members of the workspace: who has come, and what they may do.
    List {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Invite somebody, and print the link to hand them. It is shown once, and no mail is sent.
    ///
    /// Who has not come yet is invited again by the same address: the link they had ends then.
    Invite {
        /// The address they will sign in with.
        #[arg(value_name = "EMAIL")]
        email: String,
        /// Their name; the address without it.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// What they may do.
        #[arg(long, value_enum)]
        role: RoleName,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say what a member may do from now on.
    Role {
        #[command(flatten)]
        member: MemberArg,
        /// The role.
        #[arg(value_enum)]
        role: RoleName,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Print a link that signs a member in once, for somebody who forgot their password.
    Link {
        #[command(flatten)]
        member: MemberArg,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Sign a member out everywhere, for a lost computer. Their keys stay.
    SignOut {
        #[command(flatten)]
        member: MemberArg,
    },
    /// Remove a member, end their sessions and keys, and give their own access to Salesforce back.
    Remove {
        #[command(flatten)]
        member: MemberArg,
        /// Say that this is meant: nobody is removed without it.
        #[arg(long)]
        yes: bool,
    },
}

/// A member, by their address or their id.
#[derive(Args, Debug)]
pub(crate) struct MemberArg {
    /// The member: their email address or their id.
    #[arg(value_name = "MEMBER")]
    pub(crate) member: String,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum RoleName {
    /// Looks at everything that their groups have access to.
    Viewer,
    /// Also runs, pauses and resumes.
    Operator,
    /// Also connects orgs and changes integrations.
    Admin,
    /// Also decides who is a member.
    Owner,
}

impl RoleName {
    /// The API's word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}
