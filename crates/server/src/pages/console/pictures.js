// Small pictures, each with the words that it shows.

import { draw, make } from "../shared/elements.js";

const WIDE = 260;

/** A score against the threshold from which it hands off. */
export function gauge(score, threshold, label) {
  const x = (value) => 4 + Math.max(0, Math.min(1, value)) * (WIDE - 8);
  const fired = threshold !== undefined && score >= threshold;
  const words = threshold === undefined ? `${label}: ${score.toFixed(2)}` : `${label}: ${score.toFixed(2)}, hands off from ${threshold.toFixed(2)}`;
  return make(
    "figure",
    { class: "gauge" },
    draw(
      "svg",
      { viewBox: `0 0 ${WIDE} 22`, role: "img", "aria-label": words },
      draw("rect", { x: 4, y: 8, width: WIDE - 8, height: 8, rx: 4, class: "track" }),
      draw("rect", { x: 4, y: 8, width: Math.max(4, x(score) - 4), height: 8, rx: 4, class: fired ? "bar fired" : "bar" }),
      threshold === undefined ? null : draw("path", { d: `M${x(threshold)} 2v20`, class: "limit" }),
    ),
    make("figcaption", { class: "small", "aria-hidden": "true" }, words),
  );
}

/** Scores over turns, the latest last, with the threshold across them. */
export function sparkline(points, threshold, label) {
  const high = 44;
  const x = (index) => 6 + (index * (WIDE - 12)) / Math.max(1, points.length - 1);
  const y = (value) => high - 5 - Math.max(0, Math.min(1, value)) * (high - 10);
  const line = points.map(({ score }, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(score).toFixed(1)}`).join("");
  const told = points.map(({ turn, score }) => `turn ${turn}: ${score.toFixed(2)}`).join(", ");
  return make(
    "figure",
    { class: "spark" },
    draw(
      "svg",
      { viewBox: `0 0 ${WIDE} ${high}`, role: "img", "aria-label": `${label}, higher is worse. ${told}` },
      threshold === undefined ? null : draw("path", { d: `M6 ${y(threshold)}H${WIDE - 6}`, class: "limit" }),
      draw("path", { d: line, class: "curve" }),
      ...points.map(({ turn, score }, index) =>
        draw("circle", { cx: x(index), cy: y(score), r: index === points.length - 1 ? 4 : 2.5, class: threshold !== undefined && score >= threshold ? "dot fired" : "dot" }, draw("title", {}, `turn ${turn}: ${score.toFixed(2)}`)),
      ),
    ),
  );
}
