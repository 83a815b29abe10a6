// Writes to whoever listens as many bytes as it is told to, and does nothing else: what streams cost
// at the least, for `load.js`.

import { createServer } from "node:http";

const open = new Set();

const server = createServer((request, response) => {
  const { searchParams: asked } = new URL(request.url, "http://plain");
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
    open.add(response);
    response.on("close", () => open.delete(response));
    return;
  }
  const event = `data: {"conversation":"${asked.get("id")}","seq":1,"event":"customer_spoke","rest":"`;
  const piece = Buffer.from(`${event.padEnd(Number(asked.get("bytes")) - 4, "-")}"}\n\n`);
  for (const stream of open) stream.write(piece);
  response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
