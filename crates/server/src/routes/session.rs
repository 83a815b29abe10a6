//! For people: signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::OperatorId;

use crate::app::App;
use crate::auth::oidc::{self, Oidc, Returned};
use crate::auth::person::{self, Person};
use crate::auth::sessions::{self, Session};
use crate::auth::trail::{self, Row};
use crate::auth::{self, Caller, Origin, Pass, Permission, Permissions, Role, password, same_site};
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::{Body, Params};

/// What needs no session.
pub(super) fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(ways))
        .routes(routes!(ask_provider))
        .routes(routes!(provider_answered))
        .routes(routes!(set_up))
}

/// What needs one.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(who, sign_out))
        .routes(routes!(change_password))
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    /// The name they act under.
    name: String,
    /// The name others read.
    display: String,
    /// What they are.
    role: Role,
    /// What they may do: some of `operate`, `supervise`, `administer`, `personal_data`.
    permissions: Vec<Permission>,
    /// What requests that change something send as `x-warmline-csrf`.
    csrf: String,
    /// Whether this is a demonstration, where nobody has to sign in.
    demo: bool,
}

impl SessionView {
    fn of(app: &App, session: &Session) -> Self {
        Self {
            name: session.name.to_string(),
            display: session.person.display.clone(),
            role: session.person.role,
            permissions: app.permissions(&session.person).iter().collect(),
            csrf: session.csrf.clone(),
            demo: false,
        }
    }

    fn demo(name: &OperatorId) -> Self {
        let permissions: Permissions = Role::Administrator
            .permissions()
            .with(Permission::PersonalData);
        Self {
            name: name.to_string(),
            display: "Demo operator".to_owned(),
            role: Role::Administrator,
            permissions: permissions.iter().collect(),
            csrf: String::new(),
            demo: true,
        }
    }
}

/// Says who is signed in.
#[utoipa::path(
    get, path = "/v1/session", tag = "session",
    security(("session" = [])),
    responses((status = 200, description = "Who is signed in", body = SessionView), Refusals),
)]
async fn who(State(app): State<App>, caller: Caller) -> Result<Json<SessionView>, Problem> {
    match (&caller.pass, &caller.operator) {
        (Pass::Session(session), _) => Ok(Json(SessionView::of(&app, session))),
        (Pass::Demo, Some(operator)) => Ok(Json(SessionView::demo(operator))),
        _ => Err(Problem::unauthenticated("nobody is signed in")),
    }
}

/// A name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInRequest {
    /// Who.
    #[schema(max_length = 128)]
    name: String,
    /// Their password.
    #[schema(max_length = 1024)]
    password: String,
}

/// Signs somebody in. After some failures a name, and an address, have to wait: `Retry-After`.
#[utoipa::path(
    post, path = "/v1/session", tag = "session",
    request_body = SignInRequest,
    responses(
        (status = 200, description = "They are signed in; a cookie says so", body = SessionView),
        Refusals, ChangeRefusals,
    ),
)]
async fn sign_in(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    uri: Uri,
    Body(request): Body<SignInRequest>,
) -> Result<Response, Problem> {
    same_site(app.config(), &headers, &uri)?;
    let SignInRequest { name, password } = request;
    // Blanks around a name are no other name to try it by.
    let name = name.trim();
    let wait = app.throttle().try_now(name, origin.address, app.now());
    if !wait.is_zero() {
        return Err(Problem::throttled(wait));
    }
    let name = OperatorId::new(name).ok();
    let person = match &name {
        Some(name) => person::find(&app.records(), name)?,
        None => None,
    };
    let kept = person.as_ref().filter(|person| !person.disabled);
    let hash = kept.and_then(|person| person.password.clone());
    let matches = password::matches(password, hash).await?;
    let known = name.zip(person);
    if !matches {
        // For everybody, since writing takes time; but a name that nobody has may be a password that
        // went into the wrong field.
        let name = known.as_ref().map(|(name, _)| name);
        note(&app, &origin, name, "sign_in", 401).await?;
        return Err(Problem::unauthenticated("name or password are wrong"));
    }
    let (name, person) = known.ok_or_else(|| Problem::unauthenticated("nobody has that name"))?;
    app.throttle().succeeded(name.as_str(), origin.address);
    begin(&app, &origin, &name, person, "sign_in").await
}

/// Begins a session and says so.
async fn begin(
    app: &App,
    origin: &Origin,
    name: &OperatorId,
    person: Person,
    action: &str,
) -> Result<Response, Problem> {
    let (session, cookie) = sessions::begin(app, name, person, origin.secure).await?;
    note(app, origin, Some(name), action, 200).await?;
    let view = Json(SessionView::of(app, &session));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), view).into_response())
}

async fn note(
    app: &App,
    origin: &Origin,
    name: Option<&OperatorId>,
    action: &str,
    status: u16,
) -> Result<(), Problem> {
    let row = Row {
        at: app.now(),
        person: name.map(ToString::to_string),
        by: "sign_in".to_owned(),
        action: action.to_owned(),
        conversation: None,
        subject: None,
        from: origin.address,
        status,
    };
    trail::note(app, &row).await
}

/// Signs out. The cookie and everything that was opened by it are good no longer.
#[utoipa::path(
    delete, path = "/v1/session", tag = "session",
    security(("session" = [])),
    responses((status = 204, description = "Nobody is signed in"), Refusals),
)]
async fn sign_out(
    State(app): State<App>,
    origin: Origin,
    caller: Caller,
) -> Result<Response, Problem> {
    let Some(session) = caller.session() else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let cookie = sessions::end(&app, session, origin.secure).await?;
    let gone = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordRequest {
    /// What it was.
    old: String,
    /// What it shall be: at least 12 characters.
    #[schema(min_length = 12, max_length = 1024)]
    new: String,
}

/// Changes one's own password. Every session ends; the answer begins a new one.
#[utoipa::path(
    put, path = "/v1/session/password", tag = "session",
    security(("session" = [])),
    request_body = PasswordRequest,
    responses(
        (status = 200, description = "It is changed", body = SessionView),
        Refusals, ChangeRefusals,
    ),
)]
async fn change_password(
    State(app): State<App>,
    origin: Origin,
    caller: Caller,
    Body(request): Body<PasswordRequest>,
) -> Result<Response, Problem> {
    let Some(session) = caller.session() else {
        return Err(Problem::forbidden(
            "there is no password in a demonstration",
        ));
    };
    let name = &session.name;
    let wait = app
        .throttle()
        .try_now(name.as_str(), origin.address, app.now());
    if !wait.is_zero() {
        return Err(Problem::throttled(wait));
    }
    if !password::matches(request.old, session.person.password.clone()).await? {
        return Err(Problem::forbidden("the old password is wrong"));
    }
    app.throttle().succeeded(name.as_str(), origin.address);
    let person = person::set_password(&app, name, request.new).await?;
    begin(&app, &origin, name, person, "sign_in").await
}

/// How somebody can sign in here.
#[derive(Debug, Serialize, ToSchema)]
struct WaysView {
    /// With a name and a password.
    password: bool,
    /// By a provider.
    oidc: Option<ProviderView>,
    /// As the first administrator, with the link that the server printed.
    setup: bool,
}

/// A provider that signs people in.
#[derive(Debug, Serialize, ToSchema)]
struct ProviderView {
    /// What the button says.
    label: String,
}

/// Says how somebody can sign in.
#[utoipa::path(
    get, path = "/v1/session/ways", tag = "session",
    operation_id = "session_ways",
    responses((status = 200, description = "The ways in", body = WaysView), Refusals),
)]
async fn ways(State(app): State<App>) -> Result<Json<WaysView>, Problem> {
    let setup = app.setup().is_some_and(|key| key.is_good(app.now()));
    Ok(Json(WaysView {
        password: true,
        oidc: app.oidc().map(|oidc| ProviderView {
            label: oidc.label().to_owned(),
        }),
        setup: setup && !person::anybody(&app.records())?,
    }))
}

/// Sends a browser to the provider that signs people in.
#[utoipa::path(
    get, path = "/v1/session/oidc", tag = "session",
    operation_id = "session_oidc",
    responses((status = 303, description = "To the provider"), Refusals),
)]
async fn ask_provider(State(app): State<App>, origin: Origin) -> Result<Response, Problem> {
    let oidc = provider(&app)?;
    let wait = app
        .throttle()
        .try_now("warmline provider", origin.address, app.now());
    app.throttle().succeeded("warmline provider", None);
    if !wait.is_zero() {
        return Err(Problem::throttled(wait));
    }
    let sent = oidc.begin(&app).await?;
    let cookie = bound(&app, &sent.state, 600, origin.secure);
    let cookie = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((cookie, Redirect::to(&sent.location)).into_response())
}

/// What the provider sends a browser back with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProviderParams {
    /// The sign-in that it is about.
    state: String,
    /// What the provider gives for a token.
    code: Option<String>,
    /// The provider, where it names itself.
    iss: Option<String>,
    /// Why it signed nobody in.
    error: Option<String>,
}

/// Takes a browser back from the provider, signs somebody in and sends it to the console.
#[utoipa::path(
    get, path = "/v1/session/oidc/callback", tag = "session",
    operation_id = "session_oidc_callback",
    params(ProviderParams),
    responses((status = 303, description = "To the console"), Refusals),
)]
async fn provider_answered(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Params(params): Params<ProviderParams>,
) -> Result<Response, Problem> {
    let oidc = provider(&app)?;
    let Some(code) = &params.code else {
        let said = params.error.as_deref().unwrap_or_default();
        tracing::warn!(said, "the provider signed nobody in");
        // Whatever else stands in an address may be anybody's words.
        return Err(match said {
            "access_denied" => Problem::forbidden("the provider did not let you through"),
            _ => Problem::unauthenticated("the provider signed nobody in; the log says why"),
        });
    };
    let cookies = headers.get_all(header::COOKIE).iter();
    let known = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(oidc::COOKIE)?.strip_prefix('='));
    let returned = Returned {
        state: &params.state,
        code,
        issuer: params.iss.as_deref(),
    };
    let (name, person) = oidc.finish(&app, returned, known).await?;
    app.throttle().succeeded(name.as_str(), origin.address);
    let (_, cookie) = sessions::begin(&app, &name, person, origin.secure).await?;
    note(&app, &origin, Some(&name), "sign_in", 200).await?;
    let gone = bound(&app, "", 0, origin.secure);
    let cookies = AppendHeaders([(header::SET_COOKIE, cookie), (header::SET_COOKIE, gone)]);
    let console = format!("{}console", app.base());
    Ok((cookies, Redirect::to(&console)).into_response())
}

fn provider(app: &App) -> Result<&Oidc, Problem> {
    app.oidc()
        .ok_or_else(|| Problem::not_found("no provider signs people in here"))
}

/// The cookie that binds the provider's answer to this browser.
fn bound(app: &App, state: &str, age: u64, secure: bool) -> HeaderValue {
    let (name, path) = (oidc::COOKIE, app.base());
    let secure = if secure { "; Secure" } else { "" };
    let text =
        format!("{name}={state}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("hexadecimal digits and a plain path are a header")
}

/// The first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetUpRequest {
    /// What stands behind `#` in the link that the server printed.
    token: String,
    /// The name they act under: up to 128 letters, digits and signs, without spaces.
    #[schema(max_length = 128)]
    name: String,
    /// Their password: at least 12 characters.
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
}

/// Makes the first administrator, once, and signs them in.
#[utoipa::path(
    post, path = "/v1/setup", tag = "session",
    request_body = SetUpRequest,
    responses(
        (status = 200, description = "They are signed in", body = SessionView),
        Refusals, ChangeRefusals,
    ),
)]
async fn set_up(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    uri: Uri,
    Body(request): Body<SetUpRequest>,
) -> Result<Response, Problem> {
    same_site(app.config(), &headers, &uri)?;
    let wait = app
        .throttle()
        .try_now("warmline set-up", origin.address, app.now());
    if !wait.is_zero() {
        return Err(Problem::throttled(wait));
    }
    let opens = |key: &auth::SetupKey| key.opens(&request.token, app.visitors(), app.now());
    if !app.setup().is_some_and(opens) {
        return Err(Problem::unauthenticated(
            "this link is not, or no longer, good; a restart prints a new one if nobody is here",
        ));
    }
    let name = OperatorId::new(request.name.trim())
        .map_err(|error| Problem::unusable(format!("`name`: {error}")))?;
    password::check(&request.password)?;
    let mut person = Person::new(name.to_string(), Role::Administrator, app.now());
    person.password = Some(password::hash(request.password).await?);
    person::add_first(&app, &name, &person).await?;
    begin(&app, &origin, &name, person, "set_up").await
}
