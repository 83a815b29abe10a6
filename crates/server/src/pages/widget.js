// Adds a chat bubble to any page: <script src="https://warmline.example/widget.js" defer></script>
(() => {
  const home = new URL(document.currentScript.src).origin;
  const style = (element, rules) => Object.assign(element.style, rules);

  const frame = document.createElement("iframe");
  frame.title = "Chat";
  frame.hidden = true;
  style(frame, {
    position: "fixed",
    right: "1rem",
    bottom: "5.5rem",
    width: "min(24rem, calc(100vw - 2rem))",
    height: "min(36rem, calc(100vh - 7rem))",
    border: "0",
    borderRadius: "14px",
    boxShadow: "0 8px 32px rgb(0 0 0 / 30%)",
    zIndex: "2147483647",
    colorScheme: "light dark",
  });

  const bubble = document.createElement("button");
  bubble.type = "button";
  style(bubble, {
    position: "fixed",
    right: "1rem",
    bottom: "1rem",
    padding: ".9rem 1.3rem",
    border: "0",
    borderRadius: "999px",
    font: "600 1rem system-ui, sans-serif",
    color: "#fff",
    background: "#0b6e6e",
    boxShadow: "0 4px 16px rgb(0 0 0 / 25%)",
    cursor: "pointer",
    zIndex: "2147483647",
  });

  const show = (open) => {
    // Nothing is loaded before somebody wants to chat.
    if (open && !frame.src) frame.src = `${home}/chat`;
    frame.hidden = !open;
    bubble.textContent = open ? "Close chat" : "Chat";
    bubble.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
  };
  bubble.addEventListener("click", () => show(frame.hidden));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !frame.hidden) {
      show(false);
      bubble.focus();
    }
  });

  const begin = () => {
    document.body.append(frame, bubble);
    show(false);
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
