//! For operators: what belongs to the assistant's scope, and what does not.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use warmline::core::lesson::MAX_LESSON;
use warmline::{Belongs, ConversationId, Lesson};

use crate::app::App;
use crate::auth::Operator;
use crate::openapi::{ChangeRefusals, Refusals};
use crate::problem::Problem;
use crate::request::Body;
use crate::view::moment;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(taught, teach))
}

/// Where a customer's words belong.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeachRequest {
    /// The words, at most 1200 bytes.
    #[schema(max_length = 1200)]
    text: String,
    /// One of `intent`, `out_of_scope` and `nowhere`.
    belongs: Side,
    /// The intent, by its name in the scope; for `intent` alone.
    intent: Option<String>,
    /// Whose words they are: the example is erased together with the conversation.
    #[schema(value_type = Option<String>, max_length = 128)]
    conversation: Option<ConversationId>,
}

/// A side of the scope's border.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Side {
    /// Inside, to an intent.
    Intent,
    /// Outside.
    OutOfScope,
    /// To neither: it is no example.
    Nowhere,
}

/// Something that was taught.
#[derive(Debug, Serialize, ToSchema)]
struct LessonView {
    /// The customer's words.
    text: String,
    /// Where they belong.
    belongs: Side,
    /// To which intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    /// Who said so.
    by: String,
    /// When.
    at: String,
    /// Whose words they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
}

impl From<&Lesson> for LessonView {
    fn from(lesson: &Lesson) -> Self {
        let (belongs, intent) = match &lesson.belongs {
            Belongs::Intent(name) => (Side::Intent, Some(name.clone())),
            Belongs::OutOfScope => (Side::OutOfScope, None),
            Belongs::Nowhere => (Side::Nowhere, None),
        };
        Self {
            text: lesson.text.clone(),
            belongs,
            intent,
            by: lesson.by.to_string(),
            at: moment(lesson.at),
            conversation: lesson.conversation.as_ref().map(ToString::to_string),
        }
    }
}

/// Teaches where a customer's words belong. It counts from the next turn on, for every
/// conversation, until it is taught otherwise.
#[utoipa::path(
    post, path = "/v1/scope/examples", tag = "operators",
    security(("machine" = ["administer"]), ("session" = ["administer"])),
    params(("x-warmline-operator" = String, Header, max_length = 128, description = "Who acts")),
    request_body = TeachRequest,
    responses((status = 200, description = "It is recorded and learned", body = LessonView), Refusals, ChangeRefusals),
)]
async fn teach(
    State(app): State<App>,
    Operator(operator): Operator,
    Body(request): Body<TeachRequest>,
) -> Result<Json<LessonView>, Problem> {
    if request.text.len() > MAX_LESSON {
        let length = request.text.len();
        return Err(Problem::unusable(format!(
            "`text` may have {MAX_LESSON} bytes, this one has {length}"
        )));
    }
    let belongs = match (request.belongs, request.intent) {
        (Side::Intent, Some(name)) => Belongs::Intent(name),
        (Side::Intent, None) => {
            return Err(Problem::unusable(
                "`belongs` is `intent`: name it in `intent`",
            ));
        }
        (_, Some(_)) => {
            return Err(Problem::unusable(
                "`intent` goes with `belongs`: \"intent\" alone",
            ));
        }
        (Side::OutOfScope, None) => Belongs::OutOfScope,
        (Side::Nowhere, None) => Belongs::Nowhere,
    };
    let warmline = app.warmline();
    let taught = warmline.teach(&request.text, belongs, &operator, request.conversation);
    Ok(Json((&taught.await?).into()))
}

/// Lists what was taught, the earliest first.
#[utoipa::path(
    get, path = "/v1/scope/examples", tag = "operators",
    security(("machine" = ["operate"]), ("session" = ["operate"])),
    responses((status = 200, description = "What was taught", body = Vec<LessonView>), Refusals),
)]
async fn taught(State(app): State<App>) -> Result<Json<Vec<LessonView>>, Problem> {
    let reader = app.clone();
    let lessons = tokio::task::spawn_blocking(move || reader.warmline().lessons())
        .await
        .map_err(|error| Problem::internal(&error))??;
    Ok(Json(lessons.iter().map(LessonView::from).collect()))
}
