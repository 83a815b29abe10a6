//! People: who they are, what they may do, and how they are kept.

use serde::{Deserialize, Serialize};
use warmline::journal::Collection;
use warmline::{OperatorId, Records, Timestamp};

use super::permission::{Permission, Permissions, Role};
use super::{password, sessions};
use crate::app::App;
use crate::problem::Problem;

/// Where people are kept, by their names.
pub const PEOPLE: Collection = Collection::new("person");
/// Conversations that a person has at once where nothing else is said.
const CAPACITY: u32 = 4;
/// Most skills, and most languages, of one person.
const MOST_SKILLS: usize = 64;
/// Longest skill and longest display name, in bytes.
const LONGEST: usize = 128;
/// Most people.
const MOST_PEOPLE: usize = 10_000;

/// A person who signs in. Their name is the operator that they act as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// What others read.
    pub display: String,
    /// What they are.
    pub role: Role,
    /// The languages they answer in, as ISO 639-1 codes.
    #[serde(default)]
    pub languages: Vec<String>,
    /// What they are good at; queues ask for it.
    #[serde(default)]
    pub skills: Vec<String>,
    /// How many conversations they have at once.
    pub capacity: u32,
    /// Whether they see customers' personal data where it is masked for others.
    #[serde(default)]
    pub personal_data: bool,
    /// Whether they are kept out.
    #[serde(default)]
    pub disabled: bool,
    /// The hash of their password; none for those who sign in by a provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whom the provider knows them as: issuer and subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Counts what ended all their sessions.
    #[serde(default)]
    pub generation: u64,
    /// Since when they are here.
    pub since: Timestamp,
}

impl Person {
    /// Somebody new, who may do what `role` allows.
    pub fn new(display: String, role: Role, since: Timestamp) -> Self {
        Self {
            display,
            role,
            languages: Vec::new(),
            skills: Vec::new(),
            capacity: CAPACITY,
            personal_data: role != Role::Operator,
            disabled: false,
            password: None,
            subject: None,
            generation: 0,
            since,
        }
    }

    /// What they may do.
    pub fn permissions(&self) -> Permissions {
        let allowed = self.role.permissions();
        match self.personal_data {
            true => allowed.with(Permission::PersonalData),
            false => allowed,
        }
    }

    /// Checks what was asked for.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let unusable = |what: String| Err(Problem::unusable(what));
        if self.display.trim().is_empty() || self.display.len() > LONGEST {
            return unusable(format!("`display` has 1 to {LONGEST} bytes"));
        }
        if self.capacity > 1000 {
            return unusable("`capacity` is from 0 to 1000".to_owned());
        }
        if self.skills.len() > MOST_SKILLS || self.languages.len() > MOST_SKILLS {
            return unusable(format!(
                "`skills` and `languages` have at most {MOST_SKILLS} entries"
            ));
        }
        let plain = |skill: &String| {
            (1..=LONGEST).contains(&skill.len()) && !skill.chars().any(char::is_control)
        };
        if !self.skills.iter().all(plain) {
            return unusable(format!("a skill has 1 to {LONGEST} bytes of text"));
        }
        let code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
        match self.languages.iter().all(code) {
            true => Ok(()),
            false => unusable(
                "`languages` are ISO 639-1 codes: two lower-case letters, as in `en`".to_owned(),
            ),
        }
    }
}

/// The person of that name.
pub(crate) fn find(records: &Records, name: &OperatorId) -> Result<Option<Person>, Problem> {
    Ok(records.get(PEOPLE, name.as_str())?)
}

/// Everybody, by name.
pub(crate) fn everybody(records: &Records) -> Result<Vec<(String, Person)>, Problem> {
    Ok(records.all(PEOPLE, "")?)
}

/// Whether anybody can sign in at all.
pub(crate) fn anybody(records: &Records) -> Result<bool, warmline::Error> {
    let page = records.list::<Person>(PEOPLE, "", None, 1)?;
    Ok(!page.rows.is_empty())
}

/// Adds somebody; 409 if there is one of that name.
pub(crate) async fn add(app: &App, name: &OperatorId, person: &Person) -> Result<(), Problem> {
    let _alone = app.people().lock().await;
    add_alone(app, name, person).await
}

/// Adds the first of all, an administrator; 409 once there is anybody.
pub(crate) async fn add_first(
    app: &App,
    name: &OperatorId,
    person: &Person,
) -> Result<(), Problem> {
    let _alone = app.people().lock().await;
    if anybody(&app.records())? {
        return Err(Problem::conflict(
            "somebody is here already; ask an administrator to add you",
        ));
    }
    add_alone(app, name, person).await
}

async fn add_alone(app: &App, name: &OperatorId, person: &Person) -> Result<(), Problem> {
    person.check()?;
    let records = app.records();
    let everybody = everybody(&records)?;
    if everybody.iter().any(|(taken, _)| taken == name.as_str()) {
        return Err(Problem::conflict(format!(
            "there is a `{name}` already; people keep their names for ever"
        )));
    }
    if everybody.len() >= MOST_PEOPLE {
        return Err(Problem::conflict(format!("there are {MOST_PEOPLE} people")));
    }
    Ok(records.keep(PEOPLE, name.as_str(), None, person).await?)
}

/// Changes somebody; 404 if nobody has that name, 409 if no administrator would be left. The sessions
/// of somebody who may do less than before end, and with them what they opened.
pub(crate) async fn change(
    app: &App,
    name: &OperatorId,
    change: impl FnOnce(&mut Person) -> Result<(), Problem>,
) -> Result<Person, Problem> {
    let alone = app.people().lock().await;
    let records = app.records();
    let mut person = find(&records, name)?
        .ok_or_else(|| Problem::not_found(format!("there is nobody called `{name}`")))?;
    let before = person.clone();
    change(&mut person)?;
    person.check()?;
    let allowed = person.permissions();
    let lost = before.permissions().iter().any(|it| !allowed.has(it));
    if person.generation == before.generation && (lost || person.disabled && !before.disabled) {
        person.generation += 1;
    }
    if administers(&before) && !administers(&person) {
        let others = everybody(&records)?;
        let left = others
            .iter()
            .any(|(other, person)| other != name.as_str() && administers(person));
        if !left {
            return Err(Problem::conflict(
                "nobody would be left to administer: make somebody else an administrator first",
            ));
        }
    }
    records.keep(PEOPLE, name.as_str(), None, &person).await?;
    drop(alone);
    if person.generation != before.generation {
        sessions::ended(app);
    }
    Ok(person)
}

fn administers(person: &Person) -> bool {
    person.role == Role::Administrator && !person.disabled
}

/// Gives somebody another password and ends their sessions.
pub(crate) async fn set_password(
    app: &App,
    name: &OperatorId,
    password: String,
) -> Result<Person, Problem> {
    password::check(&password)?;
    let hash = password::hash(password).await?;
    change(app, name, |person| {
        person.password = Some(hash);
        person.generation += 1;
        Ok(())
    })
    .await
}
