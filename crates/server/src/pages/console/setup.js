// The first administrator, by the link that the server printed: what stands behind its `#` opens
// this once.

import { call } from "../shared/calls.js";
import { at, put } from "../shared/elements.js";

at("setup").addEventListener("submit", async (event) => {
  event.preventDefault();
  put("problem", "");
  const [name, password] = [at("new-name").value.trim(), at("new-password").value];
  try {
    await call("POST", "v1/setup", {}, { token: location.hash.slice(1), name, password });
    location.replace("../console");
  } catch (refusal) {
    put("problem", refusal.message);
  }
});
