//! For administrators: people, and the tokens of machines.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::OperatorId;

use crate::app::App;
use crate::auth::person::{self, Person};
use crate::auth::tokens::{self, MachineToken};
use crate::auth::{Caller, Permission, Role, Subject, password};
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::{Body, Named};
use crate::view::moment;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(change))
        .routes(routes!(reset_password))
        .routes(routes!(list_tokens, make_token))
        .routes(routes!(revoke_token))
}

/// Somebody who can sign in.
#[derive(Debug, Serialize, ToSchema)]
struct PersonView {
    /// The name they act under.
    name: String,
    /// The name others read.
    display: String,
    /// What they are.
    role: Role,
    /// The languages they answer in, as ISO 639-1 codes.
    languages: Vec<String>,
    /// What they are good at.
    skills: Vec<String>,
    /// How many conversations they have at once.
    capacity: u32,
    /// Whether they see customers' personal data where it is masked for others.
    personal_data: bool,
    /// Whether they are kept out.
    disabled: bool,
    /// Whether they have a password.
    password: bool,
    /// Whether a provider signs them in.
    oidc: bool,
    /// Since when they are here, by RFC 3339.
    since: String,
}

impl PersonView {
    fn of(name: impl ToString, person: &Person) -> Self {
        Self {
            name: name.to_string(),
            display: person.display.clone(),
            role: person.role,
            languages: person.languages.clone(),
            skills: person.skills.clone(),
            capacity: person.capacity,
            personal_data: person.personal_data,
            disabled: person.disabled,
            password: person.password.is_some(),
            oidc: person.subject.is_some(),
            since: moment(person.since),
        }
    }
}

/// Everybody.
#[derive(Debug, Serialize, ToSchema)]
struct PeopleView {
    /// In the order of their names.
    people: Vec<PersonView>,
}

/// Lists everybody who can sign in.
#[utoipa::path(
    get, path = "/v1/people", tag = "access",
    operation_id = "list_people",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "Everybody", body = PeopleView), Refusals),
)]
async fn list(State(app): State<App>) -> Result<Json<PeopleView>, Problem> {
    let everybody = app.reading(|app| person::everybody(&app.records())).await?;
    let people = everybody.iter().map(|(name, it)| PersonView::of(name, it));
    Ok(Json(PeopleView {
        people: people.collect(),
    }))
}

/// What is to be known of somebody.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// The name others read.
    #[schema(max_length = 128)]
    display: Option<String>,
    /// What they are.
    role: Option<Role>,
    /// The languages they answer in, as ISO 639-1 codes.
    languages: Option<Vec<String>>,
    /// What they are good at.
    skills: Option<Vec<String>>,
    /// How many conversations they have at once.
    #[schema(maximum = 1000)]
    capacity: Option<u32>,
    /// Whether they see customers' personal data where it is masked for others.
    personal_data: Option<bool>,
    /// Whether they are kept out. Their sessions end.
    disabled: Option<bool>,
}

impl Changes {
    fn make(self, person: &mut Person) {
        let Person {
            display,
            role,
            languages,
            skills,
            capacity,
            personal_data,
            disabled,
            ..
        } = person;
        set(display, self.display);
        set(role, self.role);
        set(languages, self.languages);
        set(skills, self.skills);
        set(capacity, self.capacity);
        set(personal_data, self.personal_data);
        set(disabled, self.disabled);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddRequest {
    /// The name they act under: up to 128 letters, digits and signs, without spaces.
    #[schema(value_type = String, max_length = 128)]
    name: OperatorId,
    /// Their password, at least 12 characters; one is made where it is left out.
    #[schema(min_length = 12, max_length = 1024)]
    password: Option<String>,
    /// The name others read; the other one where it is left out.
    #[schema(max_length = 128)]
    display: Option<String>,
    /// What they are.
    role: Role,
    /// The languages they answer in, as ISO 639-1 codes.
    languages: Option<Vec<String>>,
    /// What they are good at.
    skills: Option<Vec<String>>,
    /// How many conversations they have at once. Default: 4.
    #[schema(maximum = 1000)]
    capacity: Option<u32>,
    /// Whether they see customers' personal data where it is masked for others. Default: what is
    /// usual for the role, which is no for operators.
    personal_data: Option<bool>,
}

/// Somebody, and the password that was made for them.
#[derive(Serialize, ToSchema)]
struct MadeView {
    /// Them.
    #[serde(flatten)]
    person: PersonView,
    /// Shown this once, where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    one_time_password: Option<String>,
}

/// Adds somebody.
#[utoipa::path(
    post, path = "/v1/people", tag = "access",
    operation_id = "add_person",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    request_body = AddRequest,
    responses((status = 201, description = "They can sign in", body = MadeView), Refusals, ChangeRefusals),
)]
async fn add(State(app): State<App>, Body(request): Body<AddRequest>) -> Result<Response, Problem> {
    let name = request.name;
    let (password, made) = given_or_made(request.password)?;
    let mut person = Person::new(name.to_string(), request.role, app.now());
    Changes {
        display: request.display,
        languages: request.languages,
        skills: request.skills,
        capacity: request.capacity,
        personal_data: request.personal_data,
        ..Changes::default()
    }
    .make(&mut person);
    person.password = Some(password::hash(password).await?);
    person::add(&app, &name, &person).await?;
    let subject = Extension(Subject(name.to_string()));
    let view = Json(MadeView {
        person: PersonView::of(name, &person),
        one_time_password: made,
    });
    Ok((StatusCode::CREATED, subject, view).into_response())
}

fn given_or_made(given: Option<String>) -> Result<(String, Option<String>), Problem> {
    match given {
        Some(password) => {
            password::check(&password)?;
            Ok((password, None))
        }
        None => {
            let made = password::generated().map_err(|error| Problem::internal(&error))?;
            Ok((made.clone(), Some(made)))
        }
    }
}

/// Changes what is known of somebody; what is left out stays as it is.
#[utoipa::path(
    patch, path = "/v1/people/{name}", tag = "access",
    operation_id = "change_person",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("name" = String, Path, max_length = 128, description = "Who")),
    request_body = Changes,
    responses((status = 200, description = "As they are now", body = PersonView), Refusals, ChangeRefusals),
)]
async fn change(
    State(app): State<App>,
    Named(name): Named,
    Body(changes): Body<Changes>,
) -> Result<Json<PersonView>, Problem> {
    let person = person::change(&app, &name, |person| {
        changes.make(person);
        Ok(())
    })
    .await?;
    Ok(Json(PersonView::of(name, &person)))
}

/// A new password.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetRequest {
    /// At least 12 characters; one is made where it is left out.
    #[schema(min_length = 12, max_length = 1024)]
    password: Option<String>,
}

/// Gives somebody another password. Their sessions end.
#[utoipa::path(
    put, path = "/v1/people/{name}/password", tag = "access",
    operation_id = "reset_password",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("name" = String, Path, max_length = 128, description = "Who")),
    request_body = ResetRequest,
    responses((status = 200, description = "It is changed", body = MadeView), Refusals, ChangeRefusals),
)]
async fn reset_password(
    State(app): State<App>,
    Named(name): Named,
    Body(request): Body<ResetRequest>,
) -> Result<Json<MadeView>, Problem> {
    let (password, made) = given_or_made(request.password)?;
    let person = person::set_password(&app, &name, password).await?;
    Ok(Json(MadeView {
        person: PersonView::of(name, &person),
        one_time_password: made,
    }))
}

/// A token of a machine.
#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    /// What names it.
    id: String,
    /// What it is for.
    name: String,
    /// What its bearer may do.
    scopes: Vec<Permission>,
    /// Who made it.
    by: String,
    /// When, by RFC 3339.
    made: String,
    /// When it was last used, to a minute, by RFC 3339.
    used: Option<String>,
}

impl TokenView {
    fn of(id: &str, token: &MachineToken) -> Self {
        Self {
            id: id.to_owned(),
            name: token.name.clone(),
            scopes: token.scopes.clone(),
            by: token.by.to_string(),
            made: moment(token.made),
            used: token.used.map(moment),
        }
    }
}

/// Every token.
#[derive(Debug, Serialize, ToSchema)]
struct TokensView {
    /// The latest first.
    tokens: Vec<TokenView>,
}

/// Lists the tokens of machines. Their texts are kept nowhere.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "access",
    operation_id = "list_tokens",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    responses((status = 200, description = "The tokens", body = TokensView), Refusals),
)]
async fn list_tokens(State(app): State<App>) -> Result<Json<TokensView>, Problem> {
    let mut all = app.reading(tokens::all).await?;
    all.sort_by_key(|(_, token)| std::cmp::Reverse(token.made));
    let tokens = all
        .iter()
        .map(|(key, token)| TokenView::of(tokens::id(key), token));
    Ok(Json(TokensView {
        tokens: tokens.collect(),
    }))
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MakeRequest {
    /// What it is for.
    #[schema(max_length = 128)]
    name: String,
    /// What its bearer may do: some of `converse`, `operate`, `supervise`, `administer`, `observe`.
    scopes: Vec<Permission>,
}

/// A token, and its text.
#[derive(Serialize, ToSchema)]
struct MadeTokenView {
    /// It.
    #[serde(flatten)]
    token: TokenView,
    /// What machines send as `Authorization: Bearer …`; shown this once.
    text: String,
}

/// Makes a token for a machine.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "access",
    operation_id = "make_token",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    request_body = MakeRequest,
    responses((status = 201, description = "The token", body = MadeTokenView), Refusals, ChangeRefusals),
)]
async fn make_token(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<MakeRequest>,
) -> Result<Response, Problem> {
    let machine = || OperatorId::new("machine").expect("a plain word is an id");
    let by = caller.operator.unwrap_or_else(machine);
    let (id, text, token) = tokens::make(&app, request.name, request.scopes, by).await?;
    let subject = Extension(Subject(id.clone()));
    let token = TokenView::of(&id, &token);
    Ok((
        StatusCode::CREATED,
        subject,
        Json(MadeTokenView { token, text }),
    )
        .into_response())
}

/// Revokes a token. What it opened ends at once.
#[utoipa::path(
    delete, path = "/v1/tokens/{token}", tag = "access",
    operation_id = "revoke_token",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("token" = String, Path, max_length = 128, description = "Its `id`")),
    responses((status = 204, description = "It opens nothing any more"), Refusals),
)]
async fn revoke_token(State(app): State<App>, Named(token): Named) -> Result<StatusCode, Problem> {
    tokens::revoke(&app, token.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
