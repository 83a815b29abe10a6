//! What callers may do: the permissions of roles, the scopes of tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that a caller may do. Tokens call it a scope.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Bring customers' turns and the answers to them: bots and channels.
    Converse,
    /// Read conversations, and answer customers as an operator.
    Operate,
    /// See what operators do, help them, and read reports.
    Supervise,
    /// Manage people, tokens, the trail and what the scope learns; erase conversations.
    Administer,
    /// Read the metrics.
    Observe,
    /// See customers' personal data where it is masked for others.
    PersonalData,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Converse,
        Self::Operate,
        Self::Supervise,
        Self::Administer,
        Self::Observe,
        Self::PersonalData,
    ];

    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converse => "converse",
            Self::Operate => "operate",
            Self::Supervise => "supervise",
            Self::Administer => "administer",
            Self::Observe => "observe",
            Self::PersonalData => "personal_data",
        }
    }

    /// The permission of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// Every permission.
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// Whether `permission` is among them.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u8 != 0
    }

    /// These and `permission`.
    pub fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u8)
    }

    /// They, one by one.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .into_iter()
            .filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::default(), Self::with)
    }
}

/// What a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers customers.
    Operator,
    /// Answers customers, and sees and helps those who do.
    Supervisor,
    /// Does all that, and manages who may call.
    Administrator,
}

impl Role {
    /// What the role allows. Personal data is a matter of the person, not of the role.
    pub fn permissions(self) -> Permissions {
        use Permission::{Administer, Operate, Supervise};
        let allowed: &[Permission] = match self {
            Self::Operator => &[Operate],
            Self::Supervisor => &[Operate, Supervise],
            Self::Administrator => &[Operate, Supervise, Administer],
        };
        allowed.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_may_do_what_the_one_below_may() {
        let [low, middle, high] =
            [Role::Operator, Role::Supervisor, Role::Administrator].map(Role::permissions);
        assert!(low.iter().all(|permission| middle.has(permission)));
        assert!(middle.iter().all(|permission| high.has(permission)));
        assert!(!low.has(Permission::Supervise) && !middle.has(Permission::Administer));
        assert!(!high.has(Permission::PersonalData) && !high.has(Permission::Converse));
    }

    #[test]
    fn names_are_those_of_the_interface() {
        for permission in Permission::ALL {
            assert_eq!(Permission::named(permission.name()), Some(permission));
            let json = serde_json::to_value(permission).unwrap();
            assert_eq!(json, permission.name());
        }
    }
}
