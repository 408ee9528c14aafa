//! What a user may do with the records of one sObject.

/// The rights on an sObject.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Access {
    pub(crate) read: bool,
    pub(crate) create: bool,
    pub(crate) edit: bool,
    pub(crate) delete: bool,
    /// To read all records, whoever owns them.
    pub(crate) view_all: bool,
    /// To write all records, whoever owns them.
    pub(crate) modify_all: bool,
    /// To read all fields, whatever field-level security says.
    pub(crate) all_fields: bool,
}

impl Access {
    pub(crate) const ALL: Self = Self {
        read: true,
        create: true,
        edit: true,
        delete: true,
        view_all: true,
        modify_all: true,
        all_fields: true,
    };

    /// To read, no more.
    pub(crate) const READ: Self = Self { read: true, ..Self::NONE };

    pub(crate) const NONE: Self = Self {
        read: false,
        create: false,
        edit: false,
        delete: false,
        view_all: false,
        modify_all: false,
        all_fields: false,
    };

    /// Returns what two grants give together.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            read: self.read || other.read,
            create: self.create || other.create,
            edit: self.edit || other.edit,
            delete: self.delete || other.delete,
            view_all: self.view_all || other.view_all,
            modify_all: self.modify_all || other.modify_all,
            all_fields: self.all_fields || other.all_fields,
        }
    }

    /// Returns what is left once others are taken away.
    pub(crate) fn but_not(self, taken: Self) -> Self {
        Self {
            read: self.read && !taken.read,
            create: self.create && !taken.create,
            edit: self.edit && !taken.edit,
            delete: self.delete && !taken.delete,
            view_all: self.view_all && !taken.view_all,
            modify_all: self.modify_all && !taken.modify_all,
            all_fields: self.all_fields && !taken.all_fields,
        }
    }
}
