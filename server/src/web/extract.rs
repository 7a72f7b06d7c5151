//! Reading requests: what cannot be read is told in the API's own words, with a status that its description names.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::web::error::{ApiError, ErrorCode};

/// A body of JSON.
pub(crate) struct Body<T>(pub T);

/// The parameters behind the question mark.
pub(crate) struct Asked<T>(pub T);

/// The variable part of the path.
pub(crate) struct Named<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| Self(body)).map_err(|rejection: JsonRejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            let kind = if too_large { ErrorCode::TooLarge } else { ErrorCode::BadRequest };
            ApiError::new(kind, rejection.body_text())
        })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let told = |rejection: QueryRejection| ApiError::bad(rejection.body_text());
        read.map(|Query(asked)| Self(asked)).map_err(told)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        // A name that cannot be read names nothing.
        let told = |rejection: PathRejection| ApiError::not_found(rejection.body_text());
        read.map(|Path(named)| Self(named)).map_err(told)
    }
}
