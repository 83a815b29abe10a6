// Adds a chat bubble to any page: <script src="https://warmline.example/widget.js" defer></script>
(() => {
  const home = new URL(".", document.currentScript.src);
  const style = (element, rules) => Object.assign(element.style, rules);
  const small = matchMedia("(max-width: 30rem)");

  const frame = document.createElement("iframe");
  frame.title = "Chat";
  frame.hidden = true;
  const shape = () =>
    style(frame, {
      position: "fixed",
      right: small.matches ? "0" : "1rem",
      bottom: small.matches ? "4.6rem" : "5.5rem",
      width: small.matches ? "100vw" : "min(24rem, calc(100vw - 2rem))",
      height: small.matches ? "calc(100dvh - 4.6rem)" : "min(38rem, calc(100dvh - 7rem))",
      border: "0",
      borderRadius: small.matches ? "0" : "14px",
      boxShadow: "0 8px 32px rgb(0 0 0 / 30%)",
      zIndex: "2147483646",
      colorScheme: "light dark",
    });

  const bubble = document.createElement("button");
  bubble.type = "button";
  style(bubble, {
    position: "fixed",
    right: "1rem",
    bottom: "1rem",
    padding: ".9rem 1.3rem",
    border: "2px solid #fff",
    borderRadius: "999px",
    font: "600 1rem system-ui, sans-serif",
    color: "#fff",
    background: "#0a6b6b",
    boxShadow: "0 4px 16px rgb(0 0 0 / 25%)",
    cursor: "pointer",
    zIndex: "2147483647",
  });

  const show = (open) => {
    // Nothing is loaded before somebody wants to chat.
    if (open && !frame.src) frame.src = new URL("chat", home);
    frame.hidden = !open;
    bubble.textContent = open ? "Close chat" : "Chat";
    bubble.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
  };
  const close = () => {
    if (frame.hidden) return;
    show(false);
    bubble.focus();
  };
  // Where the browser lets the chat keep nothing, since it is of another site, this page does.
  const KEPT = `warmline.chat ${home}`;
  const keep = (session) => {
    try {
      if (session) localStorage.setItem(KEPT, JSON.stringify(session));
      else localStorage.removeItem(KEPT);
    } catch {
      // Then a reload begins anew.
    }
  };
  const recall = () => {
    try {
      return JSON.parse(localStorage.getItem(KEPT));
    } catch {
      return null;
    }
  };

  bubble.addEventListener("click", () => show(frame.hidden));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== home.origin || source !== frame.contentWindow) return;
    if (data?.warmline === "close") close();
    else if (data?.warmline === "news" && frame.hidden) bubble.textContent = "Chat (new)";
    else if (data?.warmline === "keep") keep(data.session);
    else if (data?.warmline === "recall") source.postMessage({ warmline: "kept", session: recall() }, home.origin);
  });
  small.addEventListener("change", shape);

  const begin = () => {
    shape();
    document.body.append(frame, bubble);
    show(false);
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
