// A page that the server drew, or the refusal in its place: who is here, and the way in.

import { ROOT } from "../shared/calls.js";
import { at, put } from "../shared/elements.js";
import { enter, me } from "./session.js";

const { refused, signingIn } = at("desk").dataset;
/** Whether the server did not know who asked. */
const unknown = refused === "401" && signingIn === undefined;

// Whom a provider did not sign in reads why where they can sign in.
const { asked, leaving } = await enter(signingIn === undefined ? "" : at("problem").textContent);
if (!leaving) {
  at("desk").hidden = false;
  // A browser shows a token with calls, never with a page.
  if (unknown && me.token) put("problem", "This page is for people who sign in with a name. With a token, ask for GET /v1/reports.");
  else if (unknown) location.reload();
  else if (signingIn !== undefined && asked) location.replace(new URL("console", ROOT));
}
