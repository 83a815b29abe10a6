//! HTTP, SSE, the operator console and the customer chat.
