//! The account as one HTML page that needs nothing beside itself.
