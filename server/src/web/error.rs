//! What the API answers when it does not do what was asked: a status, a code that stays, and words for people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    kind: ErrorCode,
    message: String,
}

/// The codes. They never change their meaning; programs may decide by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorCode {
    /// A parameter or the body cannot be read.
    BadRequest,
    /// There is no session, or it is over.
    Unauthorized,
    /// Name or password is wrong, or the account may not be used.
    WrongCredentials,
    /// The password is right; a code of the second factor is needed too.
    SecondFactorRequired,
    /// The code of the second factor is wrong, or was used already.
    SecondFactorWrong,
    /// Too many wrong passwords: try later.
    LockedOut,
    /// Too much to do at this moment, or a store does not answer: try again.
    Busy,
    /// The account has no right to that.
    Forbidden,
    /// The header `X-CSRF-Token` is missing or is not the session's.
    Csrf,
    /// There is no such thing.
    NotFound,
    /// The path does not answer this method.
    MethodNotAllowed,
    /// There is such a thing already, or it changed meanwhile.
    Conflict,
    /// What was sent or asked for is too much.
    TooLarge,
    /// What was sent can be read and makes no sense.
    Unprocessable,
    /// This service has not got that part: nothing is configured there, or no network is solved.
    Unavailable,
    /// Our own fault.
    Internal,
}

/// An error as it is sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind of error, for programs.
    code: ErrorCode,
    /// What happened and what to do, for people.
    message: String,
}

impl ApiError {
    /// An error of that kind.
    pub(crate) fn new(kind: ErrorCode, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A parameter that cannot be read.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// What can be read and makes no sense.
    pub(crate) fn senseless(why: &dyn std::fmt::Display) -> Self {
        Self::new(ErrorCode::Unprocessable, why.to_string())
    }

    /// Something that is not there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// A part that this service has not got.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }

    /// A store that does not answer now.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Busy, message)
    }

    /// Our own fault; what it was goes into the log and not to the peer.
    pub(crate) fn internal(what: &dyn std::fmt::Display) -> Self {
        tracing::error!("a request was not answered: {what}");
        Self::new(ErrorCode::Internal, "the service failed at this; its log tells why")
    }

    /// Its code.
    pub(crate) fn code(&self) -> ErrorCode {
        self.kind
    }

    /// The status that goes with it.
    pub(crate) fn status(&self) -> StatusCode {
        match self.kind {
            ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthorized
            | ErrorCode::WrongCredentials
            | ErrorCode::SecondFactorRequired
            | ErrorCode::SecondFactorWrong => StatusCode::UNAUTHORIZED,
            ErrorCode::LockedOut => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Forbidden | ErrorCode::Csrf => StatusCode::FORBIDDEN,
            ErrorCode::NotFound | ErrorCode::Unavailable => StatusCode::NOT_FOUND,
            ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::Conflict => StatusCode::CONFLICT,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = Problem { code: self.kind, message: self.message };
        (status, Json(problem)).into_response()
    }
}
