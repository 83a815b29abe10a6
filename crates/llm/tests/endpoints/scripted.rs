//! A server that answers by a script, one answer for each request.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Answers with a status, a content type and a body.
    Whole(u16, &'static str, String),
    /// Sends the head of an answer and the beginning of its body, then nothing.
    Hangs,
    /// Closes without a word.
    Closes,
    /// Sends a body without end.
    Endless,
}

impl Answer {
    pub(crate) fn says(text: &str) -> Self {
        let message = json!({"role": "assistant", "content": text});
        Self::body(&json!({"choices": [{"message": message, "finish_reason": "stop"}]}).to_string())
    }

    pub(crate) fn body(body: &str) -> Self {
        Self::Whole(200, "application/json", body.to_owned())
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::Whole(status, "application/json", body.to_owned())
    }

    /// Server-sent events; `done` ends them properly.
    pub(crate) fn pieces(pieces: &[&str], done: bool) -> Self {
        let mut body: String = pieces.iter().map(|p| format!("data: {p}\n\n")).collect();
        if done {
            body.push_str("data: [DONE]\n\n");
        }
        Self::Whole(200, "text/event-stream", body)
    }
}

/// The server; it ends with the test.
pub(crate) struct Scripted {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Scripted {
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = requests.clone();
        let mut answers = VecDeque::from(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answers.pop_front().unwrap_or(Answer::Closes);
                tokio::spawn(serve(stream, answer, heard.clone()));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The bodies of the requests so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, heard: Arc<Mutex<Vec<Value>>>) {
    let request = request(&mut stream).await;
    heard.lock().unwrap().push(request);
    let head = |status: u16, kind: &str, length: String| {
        format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{length}connection: close\r\n\r\n")
    };
    match answer {
        Answer::Whole(status, kind, body) => {
            let length = format!("content-length: {}\r\n", body.len());
            let text = head(status, kind, length) + &body;
            stream.write_all(text.as_bytes()).await.unwrap();
        }
        Answer::Hangs => {
            let text = head(200, "application/json", "content-length: 99\r\n".to_owned()) + "{";
            stream.write_all(text.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        }
        Answer::Closes => {}
        Answer::Endless => {
            let text = head(200, "application/json", String::new());
            let mut sent = stream.write_all(text.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(&[b' '; 4096]).await;
            }
        }
    }
}

/// The body of a request.
async fn request(stream: &mut TcpStream) -> Value {
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return serde_json::from_str(body).unwrap_or(Value::Null);
            }
        }
    }
}
