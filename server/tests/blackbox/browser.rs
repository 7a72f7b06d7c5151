//! A browser without eyes: asks the operators' page, keeps its cookie, and sends its token with changes.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value as Json;
use ureq::Agent;

use crate::program::PATIENCE;

/// Somebody at the page; nobody in particular before the login.
pub(crate) struct Browser {
    agent: Agent,
    page: SocketAddr,
    cookie: Option<String>,
    csrf: Option<String>,
}

/// An answer of the page.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON; `null` where it is none.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or(Json::Null)
    }
}

impl Browser {
    /// Somebody who has not logged in.
    pub(crate) fn at(page: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0);
        Self { agent: config.build().into(), page, cookie: None, csrf: None }
    }

    /// Logs in; the answer, whatever it is.
    pub(crate) fn log_in(&mut self, user: &str, password: &str, code: Option<&str>) -> Answer {
        let body = serde_json::json!({ "user": user, "password": password, "code": code });
        let sent = self
            .agent
            .post(format!("http://{}/api/v1/session", self.page))
            .content_type("application/json")
            .send(body.to_string());
        let mut told = sent.unwrap();
        let cookie = told.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|line| line.split(';').next()).map(str::to_owned);
        let status = told.status().as_u16();
        let answer = Answer { status, body: told.body_mut().read_to_string().unwrap() };
        if status == 200 {
            self.cookie = cookie;
            self.csrf = answer.json()["csrf"].as_str().map(str::to_owned);
        }
        answer
    }

    /// Somebody who has logged in.
    #[track_caller]
    pub(crate) fn logged_in(page: SocketAddr, user: &str, password: &str) -> Self {
        let mut browser = Self::at(page);
        let answer = browser.log_in(user, password, None);
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser
    }

    /// The cookie and the token of the session.
    pub(crate) fn keys(&self) -> (String, String) {
        (self.cookie.clone().unwrap_or_default(), self.csrf.clone().unwrap_or_default())
    }

    /// Reads a path.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    /// Changes something.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Json>) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.page))
            .header("content-type", "application/json");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = self.csrf.as_ref().filter(|_| method != "GET") {
            request = request.header("x-csrf-token", csrf);
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut told = self.agent.run(request.body(body).unwrap()).unwrap();
        let status = told.status().as_u16();
        let body = told.body_mut().read_to_vec().unwrap_or_default();
        Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// The same person without the token that changes need.
    pub(crate) fn without_token(&self) -> Self {
        let agent = self.agent.clone();
        Self { agent, page: self.page, cookie: self.cookie.clone(), csrf: None }
    }

    /// The first bytes of the stream of events.
    pub(crate) fn events(&self, bytes: usize) -> String {
        use std::io::Read;
        let request = self.agent.get(format!("http://{}/api/v1/events", self.page));
        let request = request.header("cookie", self.cookie.as_deref().unwrap_or_default());
        let mut told = request.call().unwrap();
        let mut reader = told.body_mut().as_reader();
        let (mut all, mut piece) = (Vec::new(), [0; 4_096]);
        while all.len() < bytes {
            let read = reader.read(&mut piece).unwrap();
            if read == 0 {
                break;
            }
            all.extend_from_slice(&piece[..read]);
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

/// Where the page of a service is, as its output tells.
#[track_caller]
pub(crate) fn page_of(out: &str) -> SocketAddr {
    told(out, "page ")
}

/// Where the management's port is.
#[track_caller]
pub(crate) fn management_of(out: &str) -> SocketAddr {
    told(out, "management ")
}

#[track_caller]
fn told(out: &str, what: &str) -> SocketAddr {
    let line = out.lines().find_map(|line| line.strip_prefix(what));
    line.unwrap_or_else(|| panic!("no {what:?} in {out}")).trim().parse().unwrap()
}

/// Between two looks at something that takes its time.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);
