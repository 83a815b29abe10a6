// A page that the server drew, or the refusal in its place: who is here, and the way in.

import { at, put } from "../shared/elements.js";
import { enter, me } from "./session.js";

/** Whether the server did not know who asked. */
const unknown = at("desk").dataset.refused === "401";

await enter();
at("desk").hidden = false;
// A browser shows a token with calls, never with a page.
if (unknown && me.token) put("problem", "This page is for people who sign in with a name. With a token, ask for GET /v1/reports.");
else if (unknown) location.reload();
